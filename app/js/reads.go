package js

import (
	"reflect"
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// reads is what a script reads of env.
type reads struct {
	names    []string
	computed bool // and others, whose names are known only when it runs
}

// Variables lists the variables that the script reads by name, sorted and as they
// are written. computed says that it reads others too, or may: it works a name
// out, hands env on as a whole, or makes code of text.
func (s *Script) Variables() (names []string, computed bool) { return s.reads.names, s.reads.computed }

// readsIn finds the reads of env: env.NAME, env["NAME"], "NAME" in env and
// const { NAME } = env, each also with globalThis.env. Every other use of env,
// save for a comparison, makes names unknown.
func readsIn(p *ast.Program) reads {
	var r reads
	uses, told := 0, 0 // of env, and those of them that are understood
	read := func(name unistring.String) { r.names = append(r.names, name.String()); told++ }
	destructured := func(pattern, from ast.Node) {
		o, ok := pattern.(*ast.ObjectPattern)
		if !ok || !isEnv(from) || o.Rest != nil {
			return
		}
		var names []unistring.String
		for _, property := range o.Properties {
			switch property := property.(type) {
			case *ast.PropertyShort:
				names = append(names, property.Name.Name)
			case *ast.PropertyKeyed:
				key, ok := fixed(property.Key)
				if !ok {
					return
				}
				names = append(names, key)
			}
		}
		for _, name := range names {
			r.names = append(r.names, name.String())
		}
		told++
	}
	walk(reflect.ValueOf(p.Body), func(n any) {
		switch n := n.(type) {
		case *ast.Identifier:
			switch n.Name {
			case "env":
				uses++
			case "eval", "Function":
				r.computed = true
			}
		case *ast.DotExpression:
			switch {
			case isEnv(n.Left):
				read(n.Identifier.Name)
			case n.Identifier.Name == "env" && !isEnv(n):
				told++ // a member of something else
			}
			if isEnv(n.Left) && n.Identifier.Name == "env" {
				told++
			}
		case *ast.BracketExpression:
			if key, ok := fixed(n.Member); ok && isEnv(n.Left) {
				read(key)
			}
		case *ast.BinaryExpression:
			switch key, isText := fixed(n.Left); {
			case n.Operator == token.IN && isText && isEnv(n.Right):
				read(key)
			case slices.Contains(comparisons, n.Operator):
				for _, side := range []ast.Expression{n.Left, n.Right} {
					if isEnv(side) {
						told++
					}
				}
			}
		case *ast.UnaryExpression:
			if n.Operator == token.TYPEOF && isEnv(n.Operand) {
				told++
			}
		case *ast.Binding:
			destructured(n.Target, n.Initializer)
		case *ast.AssignExpression:
			destructured(n.Left, n.Right)
		}
	})
	r.computed = r.computed || uses > told
	slices.Sort(r.names)
	r.names = slices.Compact(r.names)
	return r
}

// fixed returns the text of a literal.
func fixed(e ast.Expression) (text unistring.String, ok bool) {
	switch e := e.(type) {
	case *ast.StringLiteral:
		return e.Value, true
	case *ast.TemplateLiteral:
		if e.Tag == nil && len(e.Expressions) == 0 && len(e.Elements) == 1 {
			return e.Elements[0].Parsed, true
		}
	}
	return "", false
}

var comparisons = []token.Token{token.EQUAL, token.NOT_EQUAL, token.STRICT_EQUAL, token.STRICT_NOT_EQUAL}

// isEnv reports whether an expression is env itself.
func isEnv(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Identifier:
		return n.Name == "env"
	case *ast.DotExpression:
		id, ok := n.Left.(*ast.Identifier)
		return ok && id.Name == "globalThis" && n.Identifier.Name == "env"
	}
	return false
}
