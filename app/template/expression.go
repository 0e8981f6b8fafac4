package template

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/value"
)

// Expression is one compiled expression, without the braces of a template.
type Expression struct {
	source     string
	path       *path       // the whole expression is a path; then no program
	program    *vm.Program // otherwise
	references []string
}

// CompileExpression compiles a bare expression.
func CompileExpression(s string) (*Expression, *Error) {
	e, err := compile(s)
	if err != nil {
		return nil, at(s, err.offset, "%s", err.message)
	}
	return e, nil
}

// Source returns the expression as it was written.
func (e *Expression) Source() string { return e.source }

// References lists the paths that the expression reads, sorted; none for nil.
func (e *Expression) References() []string {
	if e == nil {
		return nil
	}
	return e.references
}

// Value evaluates the expression. Its result is made of the values that a
// payload holds.
func (e *Expression) Value(scope Scope) (any, error) {
	if e.path != nil {
		return e.lookup(scope)
	}
	return e.eval(&run{scope: scope})
}

// lookup evaluates an expression that is a path, without a machine.
func (e *Expression) lookup(scope Scope) (any, error) {
	v, err := scope.Lookup(e.path.root, e.path.steps)
	if err == nil {
		v, err = value.Resolve(v)
	}
	if err != nil {
		return nil, e.failed(err)
	}
	return v, nil
}

// Bool evaluates a condition, with value.Truthy.
func (e *Expression) Bool(scope Scope) (bool, error) {
	v, err := e.Value(scope)
	return value.Truthy(v), err
}

// A mistake is a compile error at a byte offset of the expression.
type mistake struct {
	message string
	offset  int
}

var environment = func() types.Map {
	env := types.Map{}
	for _, root := range Roots {
		env[root] = types.Any
	}
	return env
}()

func compile(source string) (*Expression, *mistake) {
	if len(source) > limit.TemplateBytes {
		return nil, &mistake{message: fmt.Sprintf("The expression is longer than %d KiB.", limit.TemplateBytes>>10)}
	}
	if strings.TrimSpace(source) == "" {
		return nil, &mistake{message: "The expression is empty."}
	}
	config := conf.New(environment)
	config.MaxNodes = limit.TemplateNodes
	config.Functions = functions
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, misplaced(source, err)
	}
	if _, err := checker.Check(tree, config); err != nil {
		return nil, misplaced(source, err)
	}
	var rw rewriter
	ast.Walk(&tree.Node, &rw)
	if err := rw.finish(); err != nil {
		return nil, misplaced(source, err.Bind(tree.Source))
	}
	e := &Expression{source: strings.TrimSpace(source), references: rw.references}
	node := tree.Node
	if chain, ok := node.(*ast.ChainNode); ok {
		node = chain.Node
	}
	if p := pathOf(node); p != nil {
		e.path = p
		return e, nil
	}
	if _, err := checker.Check(tree, config); err != nil {
		return nil, misplaced(source, err)
	}
	if e.program, err = compiler.Compile(tree, config); err != nil {
		return nil, misplaced(source, err)
	}
	return e, nil
}

// misplaced turns an error of the expression library into a mistake.
func misplaced(source string, err error) *mistake {
	var placed *file.Error
	if !errors.As(err, &placed) {
		message, _, _ := strings.Cut(err.Error(), "\n")
		return &mistake{message: sentence(message)}
	}
	offset := 0
	for range placed.From {
		_, size := utf8.DecodeRuneInString(source[offset:])
		offset += size
	}
	return &mistake{message: sentence(placed.Message), offset: offset}
}

func sentence(message string) string {
	if message == "" {
		return "The expression cannot be read."
	}
	switch message {
	case "compilation failed: expression exceeds maximum allowed nodes":
		message = fmt.Sprintf("the expression has more than %d parts", limit.TemplateNodes)
	case "unexpected token EOF":
		message = "unexpected end of expression"
	}
	return fault.Sentence(message)
}

// path is a root name and the fixed steps below it.
type path struct {
	root  string
	steps []any
}

// The rewriter replaces what the expression library would do by reflection with
// calls of ours: reading names and members, and every operation whose size or
// time is not bounded by the expression's own. It sees children before parents.
// Its calls take the run, which the library hands out as $env, and have names
// that nobody can write.
type rewriter struct {
	err        *file.Error
	named      []*ast.IdentifierNode // functions, as values …
	called     []*ast.IdentifierNode // … and those that are called
	read       []reading
	references []string
}

// A reading is one use of a root name; its path grows with the members seen.
type reading struct {
	path *path
	node ast.Node
}

func (rw *rewriter) refuse(node ast.Node, format string, args ...any) {
	if rw.err == nil {
		rw.err = &file.Error{Location: node.Location(), Message: fmt.Sprintf(format, args...)}
	}
}

func call(name string, args ...ast.Node) *ast.CallNode {
	return &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: " " + name},
		Arguments: append([]ast.Node{&ast.IdentifierNode{Value: "$env"}}, args...),
	}
}

// calls reports the arguments of a call that the rewriter made.
func calls(node ast.Node, name string) ([]ast.Node, bool) {
	if c, ok := node.(*ast.CallNode); ok {
		if id, ok := c.Callee.(*ast.IdentifierNode); ok && id.Value == " "+name {
			return c.Arguments[1:], true
		}
	}
	return nil, false
}

func pathOf(node ast.Node) *path {
	if args, ok := calls(node, "path"); ok {
		return args[0].(*ast.ConstantNode).Value.(*path)
	}
	return nil
}

func wrap(node *ast.Node, name string) {
	c := call(name, *node)
	c.SetLocation((*node).Location())
	*node = c
}

// Visit rewrites one node.
func (rw *rewriter) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		switch {
		case n.Value == "$env":
			rw.refuse(n, "unknown name $env")
		case slices.Contains(Roots, n.Value):
			p := &path{root: n.Value}
			rw.read = append(rw.read, reading{p, n})
			ast.Patch(node, call("path", &ast.ConstantNode{Value: p}))
		case functions[n.Value] != nil || slices.Contains(builtin.Names, n.Value):
			rw.named = append(rw.named, n)
		}
	case *ast.MemberNode:
		rw.member(node, n)
	case *ast.PointerNode:
		if n.Name != "index" {
			wrap(node, "leaf")
		}
	case *ast.CallNode:
		id, ok := n.Callee.(*ast.IdentifierNode)
		if !ok || functions[id.Value] == nil {
			rw.refuse(n, "only functions can be called, values have no methods")
			return
		}
		rw.called = append(rw.called, id)
		ast.Patch(node, call(id.Value, n.Arguments...))
	case *ast.PredicateNode:
		t := n.Node.Type()
		wrap(&n.Node, "tick")
		if t.Kind() == reflect.Bool {
			n.Node.SetType(t)
		}
	case *ast.BuiltinNode:
		rw.builtin(node, n)
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			condition(&n.Node)
		}
	case *ast.ConditionalNode:
		condition(&n.Cond)
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&", "or", "||":
			condition(&n.Left)
			condition(&n.Right)
		case "==", "!=":
			if scalar(n.Left) || scalar(n.Right) {
				return
			}
			equal := call("equal", n.Left, n.Right)
			if n.Operator == "==" {
				ast.Patch(node, equal)
				return
			}
			equal.SetLocation(n.Location())
			ast.Patch(node, &ast.UnaryNode{Operator: "not", Node: equal})
		case "in":
			ast.Patch(node, call("in", n.Left, n.Right))
		case "+":
			if !numeric(n.Left) && !numeric(n.Right) {
				ast.Patch(node, call("add", n.Left, n.Right))
			}
		}
	}
}

func condition(node *ast.Node) {
	if (*node).Type().Kind() != reflect.Bool {
		wrap(node, "truth")
	}
}

func numeric(node ast.Node) bool {
	k := node.Type().Kind()
	return k >= reflect.Int && k <= reflect.Float64
}

// scalar reports a literal that the library compares rightly with any value.
func scalar(node ast.Node) bool {
	switch node.(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode:
		return true
	}
	return false
}

func (rw *rewriter) member(node *ast.Node, n *ast.MemberNode) {
	if t := n.Node.Type(); t.Kind() == reflect.Struct || t.Kind() == reflect.Pointer {
		rw.refuse(n, "a %s has no members", described(t.String()))
		return
	}
	var step any
	switch p := n.Property.(type) {
	case *ast.StringNode:
		step = p.Value
	case *ast.IntegerNode:
		step = p.Value
	}
	if step == nil {
		if p := pathOf(n.Node); p != nil {
			ast.Patch(node, call("lookup", &ast.ConstantNode{Value: p}, n.Property))
			return
		}
		ast.Patch(node, call("member", n.Node, n.Property))
		return
	}
	if p := pathOf(n.Node); p != nil {
		p.steps = append(p.steps, step)
		ast.Patch(node, n.Node)
		return
	}
	if args, ok := calls(n.Node, "steps"); ok {
		steps := args[1].(*ast.ConstantNode)
		steps.Value = append(steps.Value.([]any), step)
		ast.Patch(node, n.Node)
		return
	}
	base := n.Node
	if args, ok := calls(base, "leaf"); ok { // the element itself needs no conversion
		base = args[0]
	}
	ast.Patch(node, call("steps", base, &ast.ConstantNode{Value: []any{step}}))
}

// Builtins by what their first argument or predicate needs.
var (
	yesNo       = map[string]bool{"all": true, "none": true, "any": true, "one": true, "filter": true, "find": true, "findIndex": true, "findLast": true, "findLastIndex": true, "count": true}
	iterating   = map[string]bool{"map": true, "groupBy": true, "sortBy": true, "reduce": true, "sum": true}
	calculating = map[string]bool{"sum": true, "mean": true, "median": true, "min": true, "max": true, "sort": true}
	returning   = map[string]bool{"filter": true, "find": true, "findLast": true, "map": true, "reduce": true, "first": true, "last": true, "min": true, "max": true, "reverse": true, "concat": true, "upper": true, "lower": true, "toBase64": true, "fromBase64": true}
)

func (rw *rewriter) builtin(node *ast.Node, n *ast.BuiltinNode) {
	if functions[" "+n.Name] != nil {
		ast.Patch(node, call(n.Name, n.Arguments...))
		return
	}
	// The library's loops from the end leave a value behind for each turn, which then
	// takes the place of another: the last is found among all.
	fromEnd := n.Name == "findLast" || n.Name == "findLastIndex"
	if fromEnd {
		if n.Name == "findLastIndex" {
			n.Map = &ast.PointerNode{Name: "index"}
		}
		n.Name = "filter"
	}
	if yesNo[n.Name] && len(n.Arguments) > 1 {
		condition(&n.Arguments[1].(*ast.PredicateNode).Node)
	}
	if calculating[n.Name] {
		for i, arg := range n.Arguments {
			if _, isPredicate := arg.(*ast.PredicateNode); !isPredicate && !scalar(arg) {
				wrap(&n.Arguments[i], "plain")
			}
		}
	}
	if yesNo[n.Name] || iterating[n.Name] {
		wrap(&n.Arguments[0], "list")
	}
	if returning[n.Name] {
		location := n.Location()
		made := call("made", n)
		made.SetLocation(location)
		*node = made
	}
	if fromEnd {
		last := &ast.BuiltinNode{Name: "last", Arguments: []ast.Node{*node}}
		last.SetLocation(n.Location())
		*node = last
	}
}

// finish checks what only the whole tree shows and lists the references.
func (rw *rewriter) finish() *file.Error {
	for _, id := range rw.named {
		if !slices.Contains(rw.called, id) {
			rw.refuse(id, "%s is a function: write %s(…)", id.Value, id.Value)
		}
	}
	for _, r := range rw.read {
		reference := r.path.root
		for _, step := range r.path.steps {
			reference += fmt.Sprintf(".%v", step)
		}
		rw.references = append(rw.references, reference)
		if r.path.root != "env" {
			continue
		}
		if len(r.path.steps) == 0 {
			rw.refuse(r.node, "env needs the name of a variable, as in env.API_KEY")
		} else if _, isName := r.path.steps[0].(string); !isName {
			rw.refuse(r.node, "env needs the name of a variable, as in env.API_KEY")
		}
	}
	slices.Sort(rw.references)
	rw.references = slices.Compact(rw.references)
	return rw.err
}

var machines = sync.Pool{New: func() any { return new(vm.VM) }}

func (e *Expression) eval(r *run) (any, error) {
	if e.path != nil {
		return e.lookup(r.scope)
	}
	m := machines.Get().(*vm.VM)
	v, err := m.Run(e.program, r)
	stack := m.Stack[:cap(m.Stack)]
	clear(stack)
	*m = vm.VM{Stack: stack[:0]}
	machines.Put(m)
	if err == nil {
		v, err = r.export(v)
	}
	if err != nil {
		return nil, e.failed(err)
	}
	return v, nil
}

// failed says which expression failed and why.
func (e *Expression) failed(err error) error {
	source := e.source
	if len(source) > 80 {
		source = strings.ToValidUTF8(source[:80], "") + "…"
	}
	var placed *file.Error
	if errors.As(err, &placed) {
		if inner := placed.Unwrap(); inner != nil && !isRuntime(inner) {
			return fmt.Errorf("the expression %s failed: %w", source, inner)
		}
		return fmt.Errorf("the expression %s failed: %s", source, described(placed.Message))
	}
	return fmt.Errorf("the expression %s failed: %w", source, err)
}
