package main

import (
	"strings"
	"testing"
)

func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Fatalf("error %q does not say %q", err, word)
		}
	}
}

func TestWhatWasWrittenIsFresh(t *testing.T) {
	root, generated := t.TempDir(), tree{"x/ssv/types/tx.pb.go": []byte("package types")}
	if err := generated.write(root); err != nil {
		t.Fatal(err)
	}
	if err := generated.check(root); err != nil {
		t.Fatal(err)
	}
}

func TestAMissingAStaleAndAnOrphanedFileAreNamed(t *testing.T) {
	root := t.TempDir()
	old := tree{
		"x/ssv/types/tx.pb.go":   []byte("package types"),
		"x/ssv/types/gone.pb.go": []byte("package types"),
		"x/ssv/types/codec.go":   []byte("package types"),
	}
	if err := old.write(root); err != nil {
		t.Fatal(err)
	}
	generated := tree{"x/ssv/types/tx.pb.go": []byte("package types // changed"), "x/ssv/types/query.pb.go": nil}

	err := generated.check(root)

	wantError(t, err, "tx.pb.go: differs", "query.pb.go: missing", "gone.pb.go: no .proto file")
	if strings.Contains(err.Error(), "codec.go") {
		t.Fatalf("a hand-written file is called generated: %v", err)
	}
}
