package js

import (
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
	"github.com/evanw/esbuild/pkg/api"

	"ecoflow/app/fault"
)

// SyntaxError says what does not compile and where, 1-based, in the text as the
// author wrote it.
type SyntaxError struct {
	Message      string
	Line, Column int
}

// Error is the sentence.
func (e *SyntaxError) Error() string { return e.Message }

// Script is a compiled function body. It is bound to no runtime and may run in
// many at once.
type Script struct {
	// By says whose script it is, for Run.Say.
	By      any
	name    string
	program *goja.Program
	request bool // names the request
	this    bool // names this
	reads   reads
}

// scriptName is what stack traces call an author's text.
const scriptName = "script"

// The author's text stands between these two, on lines of its own.
const (
	header      = "(function () {\n"
	asyncHeader = "(async function () {\n"
	footer      = "\n})"
)

// parameters are the bare names that a body gets as arguments, unless it declares
// one of that name itself.
var parameters = []unistring.String{"payload", "msg", "request"}

// lowering is what the engine understands beyond ES2017; leaving it alone keeps
// regular expressions literals, which are compiled once.
var lowering = map[string]bool{
	"bigint": true, "regexp-dot-all-flag": true, "regexp-lookbehind-assertions": true,
	"regexp-named-capture-groups": true, "regexp-unicode-property-escapes": true,
	"regexp-match-indices": true, "regexp-set-notation": true,
}

// Compile turns the text of one function body into a script; name is what stack
// traces call it. The body is sloppy JavaScript of any current edition, await
// included.
func (e *Engine) Compile(name, source string) (*Script, *SyntaxError) {
	seen, err := nesting(source)
	if err != nil {
		return nil, err
	}
	e.warm.Do(e.prepareAll)
	head := header
	if strings.Contains(source, "await") {
		head = asyncHeader
	}
	lowered := lower(head+source+footer, true)
	if len(lowered.Errors) > 0 {
		if seen.unopened != nil {
			return nil, seen.unopened
		}
		m := lowered.Errors[0]
		se := &SyntaxError{Message: fault.Sentence(m.Text), Line: 1, Column: 1}
		if l := m.Location; l != nil {
			if seen.unclosed != nil && l.Line-1 > strings.Count(source, "\n")+1 {
				return nil, seen.unclosed
			}
			se.Line, se.Column = l.Line-1, utf16Len(l.LineText[:min(l.Column, len(l.LineText))])+1
		}
		return nil, se.within(source)
	}
	program, wrong := goja.Parse(scriptName, string(lowered.Code))
	if wrong != nil {
		if seen.importing != nil {
			return nil, seen.importing
		}
		return nil, parseError(wrong).within(source)
	}
	fn := body(program)
	if fn == nil {
		if seen.unopened != nil {
			return nil, seen.unopened
		}
		return nil, (&SyntaxError{Message: "The code has to be the inside of one function."}).within(source)
	}
	names := namesIn(program)
	variables := readsIn(program)
	if p := names.problem; p != nil {
		at := program.File.Position(int(p.at) - program.File.Base())
		return nil, (&SyntaxError{Message: p.message, Line: at.Line - 1, Column: at.Column + 1}).within(source)
	}
	boundGrowth(program, namesBigInts(program))
	boundBigInts(program)
	enclose(program)
	own := declared(fn)
	if own["env"] {
		variables = reads{} // a name of the author's own
	}
	bind(fn, own)
	hoist(fn, names.assigned, own)
	compiled, wrong := goja.CompileAST(program, false)
	if wrong != nil {
		return nil, parseError(wrong).within(source)
	}
	return &Script{
		name: name, program: compiled, request: names.used["request"], this: names.this,
		reads: variables,
	}, nil
}

// lower turns text into JavaScript that the engine understands; with places, it says
// where in the text each of it comes from.
func lower(text string, places bool) api.TransformResult {
	o := api.TransformOptions{
		Loader: api.LoaderJS, Target: api.ES2017, Supported: lowering, SourcesContent: api.SourcesContentExclude,
		Sourcefile: scriptName, Charset: api.CharsetASCII, LogLevel: api.LogLevelSilent, LegalComments: api.LegalCommentsNone,
	}
	if places {
		o.Sourcemap = api.SourceMapInline
	}
	return api.Transform(text, o)
}

// within keeps a place inside the author's text and makes the sentence whole.
func (e *SyntaxError) within(source string) *SyntaxError {
	lines := strings.Count(source, "\n") + 1
	if e.Line < 1 {
		e.Line, e.Column = 1, 1
	}
	if e.Line > lines {
		e.Line = lines
		e.Column = utf16Len(source[strings.LastIndexByte(source, '\n')+1:]) + 1
	}
	e.Column = max(e.Column, 1)
	return e
}

func parseError(err error) *SyntaxError {
	switch err := err.(type) {
	case parser.ErrorList:
		if len(err) > 0 {
			return &SyntaxError{Message: fault.Sentence(err[0].Message), Line: err[0].Position.Line - 1, Column: err[0].Position.Column}
		}
	case *goja.CompilerSyntaxError:
		return placed(err.Message, err.File, err.Offset)
	case *goja.CompilerReferenceError:
		return placed(err.Message, err.File, err.Offset)
	}
	return &SyntaxError{Message: fault.Sentence(err.Error())}
}

func placed(message string, f *file.File, offset int) *SyntaxError {
	e := &SyntaxError{Message: fault.Sentence(message)}
	if f != nil {
		p := f.Position(offset)
		e.Line, e.Column = p.Line-1, p.Column+1
	}
	return e
}

// body returns the wrapping function when the program is nothing but it, after
// declarations of the lowering's own helpers: text that closes the wrapper and
// opens another thing makes a program of another shape.
func body(p *ast.Program) *ast.FunctionLiteral {
	for i, s := range p.Body {
		switch s := s.(type) {
		case *ast.VariableStatement:
			continue
		case *ast.ExpressionStatement:
			fn, ok := s.Expression.(*ast.FunctionLiteral)
			if !ok || i != len(p.Body)-1 || fn.Name != nil {
				return nil
			}
			return fn
		default:
			return nil
		}
	}
	return nil
}

// enclose moves the lowering's helpers out of the global scope, which is frozen,
// into a function of their own.
func enclose(p *ast.Program) {
	last := len(p.Body) - 1
	if last == 0 {
		return
	}
	at := p.Body[0].Idx0()
	inner := p.Body[last].(*ast.ExpressionStatement).Expression
	outer := &ast.FunctionLiteral{
		Function: at, ParameterList: &ast.ParameterList{Opening: at, Closing: at}, DeclarationList: p.DeclarationList,
		Body: &ast.BlockStatement{LeftBrace: at, RightBrace: at, List: append(p.Body[:last:last], &ast.ReturnStatement{Return: at, Argument: inner})},
	}
	p.DeclarationList = nil
	p.Body = []ast.Statement{&ast.ExpressionStatement{Expression: &ast.CallExpression{Callee: outer, LeftParenthesis: at, RightParenthesis: at}}}
}

// boundBigInts has **, << and >> go through functions of ours (see powerName), but where
// a number stands on one side: with that no big integer can be on the other. Whoever does
// not name BigInt can have one all the same.
func boundBigInts(p *ast.Program) {
	walk(reflect.ValueOf(p.Body), func(node any) {
		switch node := node.(type) {
		case *ast.BinaryExpression:
			at := node.Left.Idx0()
			switch {
			case isNumber(node.Left) || isNumber(node.Right):
			case node.Operator == token.EXPONENT: // power(x, y) ?? 0, which is never 0 for that
				node.Left = guarded(powerName, at, node.Left, node.Right)
				node.Operator, node.Right = token.COALESCE, &ast.NumberLiteral{Idx: at, Literal: "0", Value: int64(0)}
			case node.Operator == token.SHIFT_LEFT || node.Operator == token.SHIFT_RIGHT:
				node.Right = guarded(shiftName, at, node.Right)
			}
		case *ast.AssignExpression:
			switch {
			case isNumber(node.Right):
			case node.Operator == token.EXPONENT:
				raise(node)
			case node.Operator == token.SHIFT_LEFT || node.Operator == token.SHIFT_RIGHT:
				node.Right = guarded(shiftName, node.Left.Idx0(), node.Right)
			}
		}
	})
}

// raise has x **= y go through functions of ours, which read x before y.
func raise(node *ast.AssignExpression) {
	at := node.Left.Idx0()
	node.Operator = token.ASSIGN
	var of, key ast.Expression
	switch left := node.Left.(type) {
	case *ast.DotExpression:
		of, key = left.Left, &ast.StringLiteral{Idx: at, Literal: "''", Value: left.Identifier.Name}
	case *ast.BracketExpression:
		of, key = left.Left, left.Member
	}
	if of == nil || again(of) && again(key) {
		node.Right = guarded(powerName, at, node.Left, node.Right)
		return
	}
	held := guarded(holdName, at, of, key)
	node.Right = &ast.CallExpression{
		Callee:          &ast.DotExpression{Left: held, Identifier: ast.Identifier{Name: raiseName, Idx: at}},
		LeftParenthesis: at, RightParenthesis: at, ArgumentList: []ast.Expression{node.Right},
	}
	node.Left = &ast.DotExpression{Left: &ast.NumberLiteral{Idx: at, Literal: "0", Value: int64(0)}, Identifier: ast.Identifier{Name: sinkName, Idx: at}}
}

// again reports whether an expression may be evaluated twice: it is the same and does
// nothing.
func again(e ast.Expression) bool {
	switch e.(type) {
	case *ast.Identifier, *ast.ThisExpression, *ast.SuperExpression, *ast.StringLiteral, *ast.NumberLiteral:
		return true
	}
	return false
}

// guarded is a call of a function of ours. It is a member of numbers: what a script puts
// around its text, as with does, never stands before it.
func guarded(name unistring.String, at file.Idx, args ...ast.Expression) *ast.CallExpression {
	return &ast.CallExpression{
		Callee:          &ast.DotExpression{Left: &ast.NumberLiteral{Idx: at, Literal: "0", Value: int64(0)}, Identifier: ast.Identifier{Name: name, Idx: at}},
		LeftParenthesis: at, RightParenthesis: at, ArgumentList: args,
	}
}

// isNumber reports whether an expression is a number as it is written, and no big
// integer.
func isNumber(e ast.Expression) bool {
	n, ok := e.(*ast.NumberLiteral)
	if !ok {
		return false
	}
	_, big := n.Value.(*big.Int)
	return !big
}

// declared lists the names that the top of the body declares with let, const or
// class; a parameter of that name would clash.
func declared(fn *ast.FunctionLiteral) map[unistring.String]bool {
	own := map[unistring.String]bool{}
	for _, s := range fn.Body.List {
		switch s := s.(type) {
		case *ast.LexicalDeclaration:
			for _, b := range s.List {
				bound(reflect.ValueOf(b.Target), own)
			}
		case *ast.ClassDeclaration:
			own[s.Class.Name.Name] = true
		}
	}
	return own
}

// bound collects the names that a binding pattern declares; it takes in names of
// defaults too, which costs a body no more than a parameter it does not get.
func bound(v reflect.Value, names map[unistring.String]bool) {
	walk(v, func(n any) {
		if id, ok := n.(*ast.Identifier); ok {
			names[id.Name] = true
		}
	})
}

// bind adds the parameters to the wrapper. One that the body declares itself
// keeps its place under a name that nobody can write.
func bind(fn *ast.FunctionLiteral, own map[unistring.String]bool) {
	for _, name := range parameters {
		if own[name] {
			name = "\x00" + name
		}
		fn.ParameterList.List = append(fn.ParameterList.List, &ast.Binding{Target: &ast.Identifier{Name: name}})
	}
}

// hoist declares what the body assigns without declaring it, which would make a
// global otherwise: runs leave nothing behind.
func hoist(fn *ast.FunctionLiteral, assigned map[unistring.String]bool, own map[unistring.String]bool) {
	var names []unistring.String
	for name := range assigned {
		if !own[name] && !slices.Contains(parameters, name) && !globals[name.String()] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fn.DeclarationList = append(fn.DeclarationList, &ast.VariableDeclaration{
			List: []*ast.Binding{{Target: &ast.Identifier{Name: name}}},
		})
	}
}

type names struct {
	used, assigned map[unistring.String]bool
	this           bool
	problem        *regexpProblem
}

type regexpProblem struct {
	message string
	at      file.Idx
}

// namesIn looks through a program for what the wrapper has to know, and rewrites
// its regular expressions to what the engine understands.
func namesIn(p *ast.Program) names {
	n := names{used: map[unistring.String]bool{}, assigned: map[unistring.String]bool{}}
	target := func(e any) { bound(reflect.ValueOf(e), n.assigned) }
	walk(reflect.ValueOf(p.Body), func(node any) {
		switch node := node.(type) {
		case *ast.Identifier:
			n.used[node.Name] = true
		case *ast.ThisExpression:
			n.this = true
		case *ast.AssignExpression:
			switch left := node.Left.(type) {
			case *ast.Identifier:
				n.assigned[left.Name] = true
			case *ast.ObjectPattern, *ast.ArrayPattern:
				target(left)
			}
		case *ast.UnaryExpression:
			if id, ok := node.Operand.(*ast.Identifier); ok && (node.Operator == token.INCREMENT || node.Operator == token.DECREMENT) {
				n.assigned[id.Name] = true
			}
		case *ast.ForIntoExpression:
			if _, ok := node.Expression.(*ast.Identifier); ok {
				target(node.Expression)
			}
		case *ast.RegExpLiteral:
			pattern, problem := rewritePattern(node.Pattern, node.Flags)
			if problem == "" {
				problem = unfit(node.Pattern)
			}
			if problem != "" && n.problem == nil {
				n.problem = &regexpProblem{problem, node.Idx}
			}
			node.Pattern = pattern
		}
	})
	return n
}

var nodeType = reflect.TypeFor[ast.Node]()

// walk calls visit for every node below v.
func walk(v reflect.Value, visit func(any)) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), visit)
		}
	case reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*file.File]() {
			return
		}
		if v.Type().Implements(nodeType) && v.Type() != reflect.TypeFor[*ast.Identifier]() {
			visit(v.Interface())
		}
		walk(v.Elem(), visit)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[[]*ast.VariableDeclaration]() {
			return // the same nodes again
		}
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	case reflect.Struct:
		if v.CanAddr() && v.Type() == reflect.TypeFor[ast.Identifier]() {
			visit(v.Addr().Interface())
			return
		}
		for i := range v.NumField() {
			switch f := v.Field(i); f.Kind() {
			case reflect.Interface, reflect.Pointer, reflect.Slice, reflect.Struct:
				walk(f, visit)
			}
		}
	}
}

// globals are the names that scripts find without declaring them; assigning one
// of them changes nothing.
var globals = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq(`Object Function Array String Number Boolean Symbol BigInt Math JSON Date RegExp
		Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError Promise Proxy Reflect
		Map Set WeakMap WeakSet ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
		Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array globalThis undefined NaN Infinity
		eval parseInt parseFloat isNaN isFinite escape unescape encodeURI encodeURIComponent decodeURI decodeURIComponent
		console log env fetch setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask
		structuredClone atob btoa crypto performance URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal
		Headers Request Response DOMException arguments`) {
		globals[name] = true
	}
}
