// Command ecoflow is EcoFlow: it serves the APIs that people draw, and the window
// in which they draw them.
package main

import (
	"os"

	"ecoflow/web/serve"
)

func main() { os.Exit(serve.Main(os.Args[1:])) }
