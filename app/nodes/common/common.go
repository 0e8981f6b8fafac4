// Package common holds the node types of the palette's group Common: how a
// request comes in, what is made of it, and how the answer goes out.
package common

import "ecoflow/app/node"

// Nodes lists the group in palette order.
func Nodes() []node.Type {
	return []node.Type{requestType, textType, setType, templateType, delayType, responseType, debugType, listenerType, emitterType, catchType}
}
