package auth

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the tests be the program that computes hashes for them.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{HelperCommand}) {
		if err := ServeHashes(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}
