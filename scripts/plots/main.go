// Command plots draws the pictures of docs/odds from simulations of the real election code (x/ssv/election) and its closed form
// (x/ssv/odds). Every seed is fixed, so that two runs write the same bytes.
//
//	plots -out DIR
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "docs/odds", "directory that the pictures are written to")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "plots:", err)
		os.Exit(1)
	}
}

// pictures by file name, each of which says in words what it shows as figures.
var pictures = []struct {
	name string
	make func() (*figure, error)
}{
	{"seats.svg", seats},
	{"capture.svg", capture},
	{"rest.svg", rest},
	{"rest-chance.svg", restChance},
}

func write(directory string) error {
	for _, picture := range pictures {
		f, err := picture.make()
		if err != nil {
			return fmt.Errorf("%s: %w", picture.name, err)
		}
		if err := os.WriteFile(filepath.Join(directory, picture.name), f.svg(), 0o600); err != nil {
			return err
		}
	}
	return nil
}
