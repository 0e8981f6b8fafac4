package template

// Word is something that an expression may be made of, shown by an example.
type Word struct {
	// Name is what the author writes: a function, an operator or a form.
	Name string `json:"name"`
	// Example is a whole expression with it.
	Example string `json:"example"`
	// Gives is the JSON of what the example yields, empty where that is never the same.
	Gives string `json:"gives,omitempty"`
}

// Reference lists the words of expressions: operators first, then functions, those for
// the elements of a list, of texts, of numbers, of times, of objects, and those that
// turn one kind of value into another. In a condition on elements a dot in front stands
// for the element, as # does for the whole of it.
var Reference = []Word{
	{"??", `nil ?? "none"`, `"none"`},
	{"? :", `3 > 2 ? "more" : "less"`, `"more"`},
	{"and, or, not", `not (1 > 2 and 2 > 3)`, `true`},
	{"==, !=, <, <=, >, >=", `2 <= 3`, `true`},
	{"+, -, *, /, %, **", `7 % 4 + 2 ** 3`, `11`},
	{"+ of texts", `"a" + string(1)`, `"a1"`},
	{"in", `"b" in ["a", "b"]`, `true`},
	{"contains", `"ecoflow" contains "flow"`, `true`},
	{"startsWith", `"ecoflow" startsWith "eco"`, `true`},
	{"endsWith", `"ecoflow" endsWith "flow"`, `true`},
	{"matches", `"AB-12" matches "^[A-Z]+-[0-9]+$"`, `true`},
	{"..", `1..4`, `[1,2,3,4]`},
	{"|", `"a-b" | split("-") | len()`, `2`},
	{"let", `let n = 3; n * n`, `9`},
	{"?.", `{"a": nil}.a?.b`, `null`},
	{"[from:to]", `[1, 2, 3, 4][1:3]`, `[2,3]`},

	{"filter", `filter([{"n": 1}, {"n": 5}], .n > 2)`, `[{"n":5}]`},
	{"map", `map([1, 2], # * 10)`, `[10,20]`},
	{"find", `find([1, 5, 9], # > 2)`, `5`},
	{"findIndex", `findIndex([1, 5, 9], # > 2)`, `1`},
	{"findLast", `findLast([1, 5, 9], # > 2)`, `9`},
	{"findLastIndex", `findLastIndex([1, 5, 9], # > 2)`, `2`},
	{"all", `all([1, 5], # > 0)`, `true`},
	{"any", `any([1, 5], # > 4)`, `true`},
	{"one", `one([1, 5], # > 4)`, `true`},
	{"none", `none([1, 5], # > 9)`, `true`},
	{"count", `count([1, 5, 9], # > 2)`, `2`},
	{"sum", `sum([{"n": 1}, {"n": 5}], .n)`, `6`},
	{"mean", `mean([1, 2, 6])`, `3`},
	{"median", `median([1, 2, 6])`, `2`},
	{"min", `min([3, 1, 2])`, `1`},
	{"max", `max([3, 1, 2])`, `3`},
	{"reduce", `reduce([1, 2, 3], #acc + #, 0)`, `6`},
	{"groupBy", `groupBy(["a", "b", "a"], #)`, `{"a":["a","a"],"b":["b"]}`},
	{"sort", `sort([3, 1, 2])`, `[1,2,3]`},
	{"sortBy", `sortBy([{"n": 5}, {"n": 1}], .n, "desc")`, `[{"n":5},{"n":1}]`},
	{"first", `first([1, 2, 3])`, `1`},
	{"last", `last([1, 2, 3])`, `3`},
	{"take", `take([1, 2, 3], 2)`, `[1,2]`},
	{"reverse", `reverse([1, 2, 3])`, `[3,2,1]`},
	{"uniq", `uniq([1, 2, 1])`, `[1,2]`},
	{"concat", `concat([1], [2, 3])`, `[1,2,3]`},
	{"flatten", `flatten([1, [2, [3]]])`, `[1,2,3]`},
	{"join", `join(["a", "b"], ", ")`, `"a, b"`},
	{"len", `len([1, 2, 3]) + len("ab")`, `5`},

	{"upper", `upper("ab")`, `"AB"`},
	{"lower", `lower("AB")`, `"ab"`},
	{"trim", `trim("  ab ")`, `"ab"`},
	{"trimPrefix", `trimPrefix("/api/x", "/api")`, `"/x"`},
	{"trimSuffix", `trimSuffix("a.json", ".json")`, `"a"`},
	{"hasPrefix", `hasPrefix("ecoflow", "eco")`, `true`},
	{"hasSuffix", `hasSuffix("ecoflow", "flow")`, `true`},
	{"split", `split("a,b", ",")`, `["a","b"]`},
	{"splitAfter", `splitAfter("a,b", ",")`, `["a,","b"]`},
	{"replace", `replace("a-b-c", "-", "+")`, `"a+b+c"`},
	{"repeat", `repeat("ab", 2)`, `"abab"`},
	{"indexOf", `indexOf("banana", "an")`, `1`},
	{"lastIndexOf", `lastIndexOf("banana", "an")`, `3`},
	{"urlEncode", `urlEncode("a b&c")`, `"a+b%26c"`},
	{"uuid", `uuid()`, ``},

	{"abs", `abs(-3)`, `3`},
	{"ceil", `ceil(1.2)`, `2`},
	{"floor", `floor(1.8)`, `1`},
	{"round", `round(1.5)`, `2`},
	{"bitand", `bitand(6, 3)`, `2`},
	{"bitor", `bitor(6, 3)`, `7`},
	{"bitxor", `bitxor(6, 3)`, `5`},
	{"bitnand", `bitnand(6, 3)`, `4`},
	{"bitnot", `bitnot(6)`, `-7`},
	{"bitshl", `bitshl(1, 4)`, `16`},
	{"bitshr", `bitshr(16, 2)`, `4`},
	{"bitushr", `bitushr(16, 2)`, `4`},

	{"now", `format(now(), "2006-01-02 15:04")`, ``},
	{"date", `date("2026-02-28") < date("2026-03-01")`, `true`},
	{"format", `format(date("2026-02-28"), "02.01.2006")`, `"28.02.2026"`},
	{"duration", `format(date("2026-02-28") + duration("24h"), "2006-01-02")`, `"2026-03-01"`},
	{"timezone", `string(timezone("Europe/Berlin"))`, `"Europe/Berlin"`},

	{"keys", `keys({"a": 1})`, `["a"]`},
	{"values", `values({"a": 1})`, `[1]`},
	{"toPairs", `toPairs({"a": 1})`, `[["a",1]]`},
	{"fromPairs", `fromPairs([["a", 1]])`, `{"a":1}`},
	{"get", `get({"a": 1}, "a")`, `1`},

	{"type", `type([])`, `"array"`},
	{"int", `int("7")`, `7`},
	{"float", `float("1.5")`, `1.5`},
	{"string", `string(7)`, `"7"`},
	{"json", `json({"a": 1})`, `"{\"a\":1}"`},
	{"toJSON", `toJSON([1])`, `"[\n  1\n]"`},
	{"fromJSON", `fromJSON("[1, 2]")`, `[1,2]`},
	{"toBase64", `toBase64("ab")`, `"YWI="`},
	{"fromBase64", `fromBase64("YWI=")`, `"ab"`},
}
