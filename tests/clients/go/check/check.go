// Package check ends the program at the first thing that is not as it should be.
package check

import (
	"fmt"
	"os"
	"time"
)

func No(err error, what string) {
	if err != nil {
		Fail("%s: %v", what, err)
	}
}

func Equal[T comparable](wanted, got T, what string) {
	if wanted != got {
		Fail("%s: wanted %v, got %v", what, wanted, got)
	}
}

func Until(what string, condition func() bool) {
	for end := time.Now().Add(60 * time.Second); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			Fail("waited in vain for %s", what)
		}
	}
}

func Fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}
