// Judges Kubernetes objects as the tools of GitOps do: kstatus (Flux, Helm 4), Flux's healthCheckExprs, and the Lua of
// Argo CD. It reads a JSON list of requests from standard input and writes the list of answers to standard output.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type request struct {
	// Engine is one of kstatus, cel, health, discovery and action.
	Engine string                 `json:"engine"`
	Object map[string]interface{} `json:"object"`
	// Script is Lua, for health, discovery and action.
	Script string `json:"script"`
	// Expressions are those of Flux, for cel.
	Expressions kustomize.HealthCheckExpressions `json:"expressions"`
}

type answer struct {
	Result interface{} `json:"result,omitempty"`
	Error  string      `json:"error,omitempty"`
}

type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func main() {
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		fmt.Fprintln(os.Stderr, "requests:", err)
		os.Exit(2)
	}
	answers := make([]answer, 0, len(requests))
	for _, one := range requests {
		result, err := judge(one)
		if err != nil {
			answers = append(answers, answer{Error: err.Error()})
			continue
		}
		answers = append(answers, answer{Result: result})
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, "answers:", err)
		os.Exit(1)
	}
}

func judge(one request) (interface{}, error) {
	object, err := decoded(one.Object)
	if err != nil {
		return nil, err
	}
	switch one.Engine {
	case "kstatus":
		result, err := status.Compute(object)
		if err != nil {
			return nil, err
		}
		return health{Status: result.Status.String(), Message: result.Message}, nil
	case "cel":
		evaluator, err := cel.NewStatusEvaluator(&one.Expressions)
		if err != nil {
			return nil, err
		}
		result, err := evaluator.Evaluate(context.Background(), object)
		if err != nil {
			return nil, err
		}
		return health{Status: result.Status.String(), Message: result.Message}, nil
	case "health":
		return luaHealth(object, one.Script)
	case "discovery":
		return runLua(object.Object, one.Script)
	case "action":
		return luaAction(object, one.Script)
	}
	return nil, fmt.Errorf("there is no engine %q", one.Engine)
}

// decoded gives whole numbers as int64, as a client of the API server has them.
func decoded(raw map[string]interface{}) (*unstructured.Unstructured, error) {
	text, err := json.Marshal(raw)
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(text)
}
