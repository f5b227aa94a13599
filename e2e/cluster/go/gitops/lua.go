package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
)

// The longest time that Argo CD gives a script.
const patience = time.Second

var healthStatuses = map[string]bool{
	"Healthy": true, "Suspended": true, "Progressing": true, "Missing": true, "Degraded": true, "Unknown": true,
}

// The libraries in the order in which they need each other.
var libraries = []struct {
	name string
	open lua.LGFunction
}{
	{lua.LoadLibName, lua.OpenPackage},
	{lua.BaseLibName, lua.OpenBase},
	{lua.TabLibName, lua.OpenTable},
	{lua.OsLibName, openSafeOs},
}

// luaHealth is the health that Argo CD shows. It asks no script about an object that is being deleted.
func luaHealth(object *unstructured.Unstructured, script string) (interface{}, error) {
	if object.GetDeletionTimestamp() != nil {
		return health{Status: "Progressing", Message: "Pending deletion"}, nil
	}
	returned, err := runLua(object.Object, script)
	if err != nil {
		return nil, err
	}
	table, isTable := returned.(map[string]interface{})
	if !isTable {
		return nil, fmt.Errorf("a health script has to return a table, not %v", returned)
	}
	found := health{}
	found.Status, _ = table["status"].(string)
	found.Message, _ = table["message"].(string)
	if !healthStatuses[found.Status] {
		return nil, fmt.Errorf("%q is no health status", found.Status)
	}
	return found, nil
}

// luaAction is the object as the script leaves it: Argo CD patches the live one with the difference.
func luaAction(object *unstructured.Unstructured, script string) (interface{}, error) {
	before := object.DeepCopy().Object
	returned, err := runLua(object.Object, script)
	if err != nil {
		return nil, err
	}
	after, isObject := returned.(map[string]interface{})
	if !isObject {
		return nil, fmt.Errorf("an action has to return the object, not %v", returned)
	}
	return withEmptyMaps(after, before), nil
}

// withEmptyMaps undoes what Lua cannot tell: an empty table comes back as an empty list, also where it was a map.
func withEmptyMaps(after, before interface{}) interface{} {
	switch value := after.(type) {
	case map[string]interface{}:
		old, _ := before.(map[string]interface{})
		for key, child := range value {
			value[key] = withEmptyMaps(child, old[key])
		}
	case []interface{}:
		if old, wasMap := before.(map[string]interface{}); wasMap && len(value) == 0 && len(old) == 0 {
			return old
		}
		old, _ := before.([]interface{})
		for index, child := range value {
			if index < len(old) {
				value[index] = withEmptyMaps(child, old[index])
			}
		}
	}
	return after
}

// runLua runs a script as Argo CD does by default: base, table, package and an os of two functions; the object is the
// global obj; what counts is the returned table.
func runLua(object map[string]interface{}, script string) (interface{}, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, library := range libraries {
		call := lua.P{Fn: state.NewFunction(library.open), NRet: 0, Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return nil, err
		}
	}
	state.PreloadModule(lua.OsLibName, loadSafeOs)
	limited, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	state.SetContext(limited)
	state.SetGlobal("obj", asLua(state, object))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	returned := state.Get(-1)
	if returned.Type() != lua.LTTable {
		return nil, fmt.Errorf("the script returned %s, not a table", returned.Type())
	}
	text, err := luajson.Encode(returned)
	if err != nil {
		return nil, err
	}
	var value interface{}
	return value, json.Unmarshal(text, &value)
}

func asLua(state *lua.LState, value interface{}) lua.LValue {
	switch typed := value.(type) {
	case map[string]interface{}:
		table := state.CreateTable(0, len(typed))
		for key, child := range typed {
			table.RawSetH(lua.LString(key), asLua(state, child))
		}
		return table
	case []interface{}:
		table := state.CreateTable(len(typed), 0)
		for _, child := range typed {
			table.Append(asLua(state, child))
		}
		return table
	case string:
		return lua.LString(typed)
	case bool:
		return lua.LBool(typed)
	case int64:
		return lua.LNumber(typed)
	case float64:
		return lua.LNumber(typed)
	}
	return lua.LNil
}

func openSafeOs(state *lua.LState) int {
	state.Push(state.RegisterModule(lua.OsLibName, safeOs))
	return 1
}

func loadSafeOs(state *lua.LState) int {
	state.Push(state.SetFuncs(state.NewTable(), safeOs))
	return 1
}

// safeOs tells the time and nothing else; date knows the one format that scripts need.
var safeOs = map[string]lua.LGFunction{
	"time": func(state *lua.LState) int {
		state.Push(lua.LNumber(time.Now().Unix()))
		return 1
	},
	"date": func(state *lua.LState) int {
		if format := state.OptString(1, ""); format != "!%Y-%m-%dT%H:%M:%SZ" {
			state.RaiseError("os.date of %q is not known here", format)
		}
		state.Push(lua.LString(time.Now().UTC().Format(time.RFC3339)))
		return 1
	},
}
