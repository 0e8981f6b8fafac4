//go:build !race

package process_test

// raceDetector says that the program has to be built with the race detector, as
// these tests are.
const raceDetector = false
