//go:build tools

// The controller that rollouts are measured beside; it is a program, so that it can only be named here.
package tools

import _ "github.com/argoproj/argo-rollouts/cmd/rollouts-controller"
