package js

import (
	"reflect"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"

	"ecoflow/app/fault"
)

// Text that becomes code while a script runs is compiled as the script was: what an
// operator of it might do without end is bounded there too.

// guardCode has eval and the constructors of functions compile as Compile does. eval
// sees globals only, and what it declares is its own.
func (m *machine) guardCode() {
	global := m.vm.GlobalObject()
	m.replace(global, "eval", func(c goja.FunctionCall) goja.Value {
		text, ok := c.Argument(0).(goja.String)
		if !ok {
			return c.Argument(0)
		}
		return m.execute(text.String(), block)
	})
	m.construct(global, "Function", "function")
	holder := m.vm.NewObject()
	for _, kind := range []string{"async function", "function*"} {
		f := m.object("(" + kind + " () {})")
		_ = holder.Set("f", f.Get("constructor"))
		m.construct(holder, "f", kind)
		// The intrinsic's prototype has a constructor that cannot be written.
		_ = f.Prototype().DefineDataProperty("constructor", holder.Get("f"), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
}

// construct replaces a constructor of functions by one of ours.
func (m *machine) construct(holder *goja.Object, name, kind string) {
	original := holder.Get(name).(*goja.Object)
	var f *goja.Object
	f = m.vm.ToValue(func(c goja.ConstructorCall) *goja.Object {
		m.step()
		names, body := make([]string, max(0, len(c.Arguments)-1)), ""
		for i, v := range c.Arguments {
			if body = m.text(v).String(); i < len(names) {
				names[i] = body
			}
		}
		made := m.execute("("+kind+" anonymous("+strings.Join(names, ",")+"\n) {\n"+body+"\n})", only).(*goja.Object)
		if c.NewTarget != nil && c.NewTarget != f { // a class that extends this one
			if proto, ok := c.NewTarget.Get("prototype").(*goja.Object); ok {
				m.must(made.SetPrototype(proto))
			}
		}
		return made
	}).(*goja.Object)
	m.succeed(holder, name, original, f)
}

// execute compiles a text, in the shape that it is to have, and returns its value.
func (m *machine) execute(text string, shape func(*ast.Program) bool) goja.Value {
	program, wrong := inside(text, shape)
	if wrong != nil {
		m.must(m.syntaxError(wrong.Message))
	}
	v, err := m.vm.RunProgram(program)
	m.must(err)
	return v
}

// inside compiles a text in the shape that it is to have.
func inside(text string, shape func(*ast.Program) bool) (*goja.Program, *SyntaxError) {
	if _, err := nesting(text); err != nil {
		return nil, err
	}
	p, err := goja.Parse(scriptName, text)
	if err != nil {
		return nil, parseError(err)
	}
	if walksOver(p) {
		lowered := lower(text, false)
		if len(lowered.Errors) > 0 {
			return nil, &SyntaxError{Message: fault.Sentence(lowered.Errors[0].Text)}
		}
		if p, err = goja.Parse(scriptName, string(lowered.Code)); err != nil {
			return nil, parseError(err)
		}
	}
	if problem := namesIn(p).problem; problem != nil {
		return nil, &SyntaxError{Message: problem.message}
	}
	boundGrowth(p, true) // they may be given to it
	boundBigInts(p)
	if !shape(p) {
		return nil, &SyntaxError{Message: "The text is not that of one function."}
	}
	compiled, err := goja.CompileAST(p, false)
	if err != nil {
		return nil, parseError(err)
	}
	return compiled, nil
}

// walksOver reports whether a program does what the engine does without looking up, and
// the lowering says in other words: {...x} walks over all keys of x, and so does the
// rest of a pattern; x.#y **= z is no member that a function of ours could change.
func walksOver(p *ast.Program) (found bool) {
	walk(reflect.ValueOf(p.Body), func(node any) {
		switch node := node.(type) {
		case *ast.ObjectLiteral:
			for _, property := range node.Value {
				_, spread := property.(*ast.SpreadElement)
				found = found || spread
			}
		case *ast.ObjectPattern:
			found = found || node.Rest != nil
		case *ast.AssignExpression:
			_, private := node.Left.(*ast.PrivateDotExpression)
			found = found || private && node.Operator == token.EXPONENT
		}
	})
	return found
}

// only is the shape of a text that is one function.
func only(p *ast.Program) bool {
	last := len(p.Body) - 1
	for i, s := range p.Body {
		if _, helper := s.(*ast.VariableStatement); helper && i < last {
			continue
		}
		s, ok := s.(*ast.ExpressionStatement)
		if !ok || i < last {
			return false
		}
		if _, ok := s.Expression.(*ast.FunctionLiteral); !ok {
			return false
		}
	}
	if last >= 0 {
		enclose(p)
	}
	return last >= 0
}

// block puts a text into a block of its own, at the beginning of which all of its
// variables are declared, as its functions are in it: the global object takes none.
func block(p *ast.Program) bool {
	begin := 0
	for ; begin < len(p.Body); begin++ { // "use strict" counts at the beginning alone
		s, ok := p.Body[begin].(*ast.ExpressionStatement)
		if !ok {
			break
		}
		if _, ok := s.Expression.(*ast.StringLiteral); !ok {
			break
		}
	}
	if begin == len(p.Body) {
		return true
	}
	at := p.Body[begin].Idx0()
	list, lexical := p.Body[begin:], map[unistring.String]bool{}
	declared := map[unistring.String]bool{}
	for _, s := range list {
		switch s := s.(type) {
		case *ast.LexicalDeclaration:
			for _, b := range s.List {
				binds(b.Target, func(id *ast.Identifier) { lexical[id.Name] = true })
			}
		case *ast.ClassDeclaration:
			lexical[s.Class.Name.Name] = true
		case *ast.FunctionDeclaration:
			declared[s.Function.Name.Name] = true
		}
	}
	variables := &ast.LexicalDeclaration{Idx: at, Token: token.LET}
	twice := false
	for _, d := range p.DeclarationList {
		for _, b := range d.List {
			binds(b.Target, func(id *ast.Identifier) {
				twice = twice || lexical[id.Name]
				if !declared[id.Name] {
					declared[id.Name] = true
					variables.List = append(variables.List, &ast.Binding{Target: &ast.Identifier{Name: id.Name, Idx: id.Idx}})
				}
			})
		}
	}
	if !twice { // the compiler refuses what is
		p.DeclarationList = nil
		assign(reflect.ValueOf(list))
		if len(variables.List) > 0 {
			list = append([]ast.Statement{variables}, list...)
		}
	}
	p.Body = append(p.Body[:begin:begin], &ast.BlockStatement{LeftBrace: at, List: list, RightBrace: at})
	return true
}

// assign has the var of statements below v assign only. What stands for one has no value,
// as it has none: a block whose own variable takes that of the assignment.
func assign(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		switch s := v.Interface().(type) {
		case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassStaticBlock:
			return // its variables are its own
		case *ast.VariableStatement:
			block := &ast.BlockStatement{LeftBrace: s.Var, RightBrace: s.Var}
			if value := assignments(s.List); value != nil {
				own := &ast.Binding{Target: &ast.Identifier{Name: "\x00", Idx: s.Var}, Initializer: value}
				block.List = []ast.Statement{&ast.LexicalDeclaration{Idx: s.Var, Token: token.LET, List: []*ast.Binding{own}}}
			}
			v.Set(reflect.ValueOf(block))
		case *ast.ForLoopInitializerVarDeclList:
			v.SetZero()
			if value := assignments(s.List); value != nil {
				v.Set(reflect.ValueOf(&ast.ForLoopInitializerExpression{Expression: value}))
			}
		case *ast.ForIntoVar:
			v.Set(reflect.ValueOf(&ast.ForIntoExpression{Expression: s.Binding.Target.(ast.Expression)}))
		}
		if !v.IsNil() {
			assign(v.Elem())
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Implements(nodeType) && v.Type() != reflect.TypeFor[*ast.FunctionLiteral]() {
			assign(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			assign(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch f := v.Field(i); f.Kind() {
			case reflect.Interface, reflect.Pointer, reflect.Slice, reflect.Struct:
				assign(f)
			}
		}
	}
}

// assignments is what a var assigns, nil for one that only declares.
func assignments(list []*ast.Binding) ast.Expression {
	var all []ast.Expression
	for _, b := range list {
		if b.Initializer != nil {
			all = append(all, &ast.AssignExpression{Operator: token.ASSIGN, Left: b.Target.(ast.Expression), Right: b.Initializer})
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return &ast.SequenceExpression{Sequence: all}
}

// binds names each identifier that a binding declares, and none of its defaults.
func binds(target any, name func(*ast.Identifier)) {
	switch t := target.(type) {
	case *ast.Identifier:
		name(t)
	case *ast.Binding:
		binds(t.Target, name)
	case *ast.AssignExpression: // with a default
		binds(t.Left, name)
	case *ast.ArrayPattern:
		for _, e := range t.Elements {
			binds(e, name)
		}
		binds(t.Rest, name)
	case *ast.ObjectPattern:
		for _, property := range t.Properties {
			switch property := property.(type) {
			case *ast.PropertyShort:
				name(&property.Name)
			case *ast.PropertyKeyed:
				binds(property.Value, name)
			}
		}
		binds(t.Rest, name)
	}
}
