package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The two pictures that take seconds stand for the other two, which are made of the same parts.
func TestPicturesAreThoseOfTheDocsByteForByte(t *testing.T) {
	for name, picture := range map[string]func() (*figure, error){"seats.svg": seats, "rest.svg": rest} {
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("../../docs/odds", name))
			if err != nil {
				t.Fatal(err)
			}
			for run := range 2 {
				f, err := picture()
				if err != nil {
					t.Fatal(err)
				}
				if got := f.svg(); !bytes.Equal(got, want) {
					t.Fatalf("run %d drew %d bytes that differ from the %d in docs/odds: make plots", run, len(got), len(want))
				}
			}
		})
	}
}
