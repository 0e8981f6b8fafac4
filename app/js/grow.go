package js

import (
	"math/big"
	"reflect"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// Texts that are put together double with each step of a loop, and a step that copies a
// very long one cannot be interrupted. So what +, += and templates make goes through a
// function of ours that refuses what is too long, but where all of its parts save one are
// short: with those a text grows no faster than the script is long. What * and << make of
// big integers goes the same way, in programs that name them.

const (
	madeName  = "\x00made"
	mostParts = 4 // that may be long, of what is put together before it is looked at
	longText  = 1 << 20
)

// made returns what was put together, unless it is too long. One that is kept all the same,
// as by o.p += y, may grow once more: then the turn ends, which no script can catch.
func (m *machine) made(c goja.FunctionCall) goja.Value {
	v := c.Argument(0)
	if s, ok := v.(goja.String); ok {
		switch n := s.Length(); {
		case n > 2*longestString:
			m.end(memory)
		case n > longestString:
			m.checkText(float64(n))
		case n > longText:
			m.weigh()
		}
	} else if n, ok := bigint(v); ok {
		switch bits := n.BitLen(); {
		case bits > 2*largestBigInt:
			m.end(memory)
		case bits > largestBigInt:
			m.tooMuch("A big integer of more than %d bits is too large", largestBigInt)
		}
	}
	return v
}

// end ends the running turn.
func (m *machine) end(why reason) {
	m.watch.overrun(why)
	m.yield()
}

// boundGrowth has what puts texts together, or multiplies what may be big integers, go
// through made.
func boundGrowth(p *ast.Program, bigints bool) {
	g := grower{numbers: numbersIn(p), bigints: bigints, covered: map[ast.Expression]bool{}}
	g.walk(reflect.ValueOf(p.Body))
}

// A grower rewrites a program.
type grower struct {
	numbers map[unistring.String]bool
	bigints bool
	covered map[ast.Expression]bool // parts of what is looked at as a whole
}

var expressionType = reflect.TypeFor[ast.Expression]()

// walk rewrites every expression below v, the outer before the inner.
func (g *grower) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		e, ok := v.Interface().(ast.Expression)
		if ok && v.Type() == expressionType && v.CanSet() && g.grows(e) {
			defer func() { v.Set(reflect.ValueOf(guarded(madeName, e.Idx0(), e))) }()
		}
		g.walk(v.Elem())
	case reflect.Pointer:
		if v.IsNil() || !v.Type().Implements(nodeType) {
			return
		}
		g.walk(v.Elem())
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[[]*ast.VariableDeclaration]() {
			return // the same nodes again
		}
		for i := range v.Len() {
			g.walk(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch f := v.Field(i); f.Kind() {
			case reflect.Interface, reflect.Pointer, reflect.Slice, reflect.Struct:
				g.walk(f)
			}
		}
	}
}

// grows reports whether what e makes has to be looked at.
func (g *grower) grows(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.BinaryExpression:
		switch e.Operator {
		case token.PLUS:
			return !g.covered[e] && g.sums(e)
		case token.MULTIPLY, token.SHIFT_LEFT:
			return g.bigints && !g.covered[e] && !isNumber(e.Left) && !isNumber(e.Right)
		}
	case *ast.TemplateLiteral:
		if e.Tag != nil {
			return false
		}
		return !g.covered[e] && g.joins(e)
	case *ast.AssignExpression:
		switch e.Operator {
		case token.PLUS:
			if g.short(e.Right) || g.short(e.Left) {
				return false
			}
		case token.MULTIPLY, token.SHIFT_LEFT:
			if !g.bigints || isNumber(e.Right) {
				return false
			}
		default:
			return false
		}
		id, ok := e.Left.(*ast.Identifier)
		if !ok {
			return true // when it is kept: to say it in other words would look at its parts twice
		}
		sum := &ast.BinaryExpression{Operator: e.Operator, Left: &ast.Identifier{Name: id.Name, Idx: id.Idx}, Right: e.Right}
		g.covered[sum] = true
		e.Operator, e.Right = token.ASSIGN, guarded(madeName, id.Idx, sum)
	}
	return false
}

// sums reports whether a sum has more than one part that may be long.
func (g *grower) sums(e *ast.BinaryExpression) bool {
	long := 0
	for {
		if !g.short(e.Right) {
			if long++; long == mostParts {
				return true // what is left of it is looked at by itself
			}
		}
		left, ok := e.Left.(*ast.BinaryExpression)
		if !ok || left.Operator != token.PLUS {
			break
		}
		g.covered[left] = true
		e = left
	}
	if !g.short(e.Left) {
		long++
	}
	return long > 1
}

// joins reports whether a template has more than one part that may be long. Of one that
// has too many, the first become a template of their own.
func (g *grower) joins(e *ast.TemplateLiteral) bool {
	long := 0
	for i := 0; i < len(e.Expressions); i++ {
		if g.short(e.Expressions[i]) {
			continue
		}
		if long++; long < mostParts || i == len(e.Expressions)-1 {
			continue
		}
		nothing := &ast.TemplateElement{Idx: e.OpenQuote, Valid: true}
		inner := &ast.TemplateLiteral{
			OpenQuote: e.OpenQuote, CloseQuote: e.CloseQuote,
			Elements: append(e.Elements[:i+1:i+1], nothing), Expressions: e.Expressions[: i+1 : i+1],
		}
		g.covered[inner] = true
		e.Elements = append([]*ast.TemplateElement{nothing}, e.Elements[i+1:]...)
		e.Expressions = append([]ast.Expression{guarded(madeName, e.OpenQuote, inner)}, e.Expressions[i+1:]...)
		long, i = 1, 0
	}
	return long > 1
}

// short reports whether what e makes is no long text.
func (g *grower) short(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.StringLiteral:
		return true
	case *ast.TemplateLiteral:
		if e.Tag != nil {
			return false
		}
		for _, part := range e.Expressions {
			if !g.short(part) {
				return false
			}
		}
		return true
	case *ast.BinaryExpression:
		if e.Operator == token.PLUS {
			return g.short(e.Left) && g.short(e.Right)
		}
	case *ast.ConditionalExpression:
		return g.short(e.Consequent) && g.short(e.Alternate)
	}
	return isSimple(e, g.numbers)
}

// isSimple reports whether the value of e is surely a number, a big integer, true or false,
// null or undefined, where the variables of those names are.
func isSimple(e ast.Expression, numbers map[unistring.String]bool) bool {
	switch e := e.(type) {
	case nil, *ast.NumberLiteral, *ast.BooleanLiteral, *ast.NullLiteral:
		return true
	case *ast.UnaryExpression:
		return e.Operator != token.TYPEOF
	case *ast.Identifier:
		return numbers[e.Name]
	case *ast.ConditionalExpression:
		return isSimple(e.Consequent, numbers) && isSimple(e.Alternate, numbers)
	case *ast.BinaryExpression:
		switch e.Operator {
		case token.PLUS, token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
			return isSimple(e.Left, numbers) && isSimple(e.Right, numbers)
		}
		return true
	case *ast.AssignExpression:
		switch e.Operator {
		case token.ASSIGN:
			return isSimple(e.Right, numbers)
		case token.PLUS, token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
			return isSimple(e.Left, numbers) && isSimple(e.Right, numbers)
		}
		return true
	}
	return false
}

// namesBigInts reports whether a program has big integers of its own. Who has them without
// a word of it is held up by the watch alone.
func namesBigInts(p *ast.Program) (found bool) {
	named := func(name unistring.String) bool {
		return strings.Contains(name.String(), "BigInt") || strings.Contains(name.String(), "BigUint")
	}
	walk(reflect.ValueOf(p.Body), func(node any) {
		switch node := node.(type) {
		case *ast.NumberLiteral:
			_, big := node.Value.(*big.Int)
			found = found || big
		case *ast.Identifier:
			found = found || named(node.Name)
		case *ast.StringLiteral:
			found = found || named(node.Value)
		}
	})
	return found
}

// numbersIn names the variables that never are anything but simple, as counters are.
// Those of one name count as one, wherever they are.
func numbersIn(p *ast.Program) map[unistring.String]bool {
	numbers := map[unistring.String]bool{}
	given := map[unistring.String][]ast.Expression{}
	others := map[unistring.String]bool{"arguments": true}
	for _, name := range parameters {
		others[name] = true
	}
	other := func(target any) { bound(reflect.ValueOf(target), others) }
	with := false
	list := func(bindings []*ast.Binding) {
		for _, b := range bindings {
			id, ok := b.Target.(*ast.Identifier)
			if !ok {
				other(b.Target)
				continue
			}
			numbers[id.Name] = true
			given[id.Name] = append(given[id.Name], b.Initializer)
		}
	}
	walk(reflect.ValueOf(p.Body), func(node any) {
		switch node := node.(type) {
		case *ast.VariableStatement:
			list(node.List)
		case *ast.LexicalDeclaration:
			list(node.List)
		case *ast.ForLoopInitializerVarDeclList:
			list(node.List)
		case *ast.ForLoopInitializerLexicalDecl:
			list(node.LexicalDeclaration.List)
		case *ast.FunctionLiteral:
			other(node.ParameterList)
			if node.Name != nil {
				others[node.Name.Name] = true
			}
		case *ast.ArrowFunctionLiteral:
			other(node.ParameterList)
		case *ast.ClassLiteral:
			if node.Name != nil {
				others[node.Name.Name] = true
			}
		case *ast.CatchStatement:
			other(node.Parameter)
		case *ast.ForIntoVar:
			other(node.Binding.Target)
		case *ast.ForDeclaration:
			other(node.Target)
		case *ast.ForIntoExpression:
			other(node.Expression)
		case *ast.AssignExpression:
			id, ok := node.Left.(*ast.Identifier)
			if !ok {
				switch node.Left.(type) {
				case *ast.ObjectPattern, *ast.ArrayPattern:
					other(node.Left)
				}
				return
			}
			given[id.Name] = append(given[id.Name], node)
		case *ast.WithStatement:
			with = true
		}
	})
	if with { // a name may be anything's
		return nil
	}
	for name := range others {
		delete(numbers, name)
	}
	for again := true; again; {
		again = false
		for name := range numbers {
			for _, e := range given[name] {
				if !isSimple(e, numbers) {
					delete(numbers, name)
					again = true
					break
				}
			}
		}
	}
	return numbers
}
