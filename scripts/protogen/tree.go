package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// tree maps a path, relative to the root of the checkout, to a file's content.
type tree map[string][]byte

func (t tree) write(root string) error {
	for _, path := range t.paths() {
		target := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, t[path], 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("wrote %d files\n", len(t))
	return nil
}

// check compares the files below root with t and names each difference.
func (t tree) check(root string) error {
	var wrong []error
	for _, path := range t.paths() {
		found, err := os.ReadFile(filepath.Join(root, path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			wrong = append(wrong, fmt.Errorf("%s: missing", path))
		case err != nil:
			wrong = append(wrong, err)
		case !bytes.Equal(found, t[path]):
			wrong = append(wrong, fmt.Errorf("%s: differs from what proto/ gives", path))
		}
	}
	orphans, err := t.orphans(root)
	wrong = append(wrong, err)
	wrong = append(wrong, orphans...)
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("generated code is not fresh, run make proto-gen:\n%w", err)
	}
	fmt.Printf("%d generated files are fresh\n", len(t))
	return nil
}

// orphans names the generated files below x/ and relayer/ that no .proto file accounts for any more.
func (t tree) orphans(root string) ([]error, error) {
	var found []error
	for _, below := range []string{"x", "relayer"} {
		orphans, err := t.orphansBelow(root, below)
		if err != nil {
			return nil, err
		}
		found = append(found, orphans...)
	}
	return found, nil
}

func (t tree) orphansBelow(root, below string) ([]error, error) {
	var found []error
	err := filepath.WalkDir(filepath.Join(root, below), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || !isGenerated(path) {
			return err
		}
		name, err := filepath.Rel(root, path)
		if _, known := t[filepath.ToSlash(name)]; err == nil && !known {
			found = append(found, fmt.Errorf("%s: no .proto file gives it any more", name))
		}
		return err
	})
	return found, err
}

func isGenerated(path string) bool {
	return strings.HasSuffix(path, ".pb.go") || strings.HasSuffix(path, ".pb.gw.go")
}

func (t tree) paths() []string {
	paths := make([]string, 0, len(t))
	for path := range t {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	return paths
}
