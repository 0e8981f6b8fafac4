// Package common holds the node types of the palette's group Common: how a
// request comes in, what is made of it, and how the answer goes out.
package common

import (
	"strings"

	"ecoflow/app/node"
)

// Nodes lists the group in palette order; callable is what Call flow offers.
func Nodes(callable Callable) []node.Type {
	return []node.Type{requestType, textType, setType, templateType, delayType, responseType, debugType, listenerType, emitterType, catchType, callType(callable), calledType}
}

// said makes a sentence of an error, for the form.
func said(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
