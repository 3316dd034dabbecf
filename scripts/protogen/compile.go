package main

import (
	"context"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// imported names the modules whose .proto files ours import, with the import root inside each.
var imported = []struct{ module, dir string }{
	{"github.com/cosmos/cosmos-sdk", "proto"},
	{"github.com/cosmos/cosmos-proto", "proto"},
	{"github.com/cosmos/gogoproto", "."},
	{"github.com/cosmos/gogoproto", "protobuf"}, // google/protobuf/*.proto
	{"github.com/grpc-ecosystem/grpc-gateway", "third_party/googleapis"},
	{"github.com/cometbft/cometbft", "proto"},
}

// importRoots returns our proto directory and, after it, the import roots in the module cache.
func importRoots(ctx context.Context) ([]string, error) {
	roots := []string{protoDir}
	for _, source := range imported {
		command := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", source.module)
		dir, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("module %s: %w", source.module, err)
		}
		if strings.TrimSpace(string(dir)) == "" {
			return nil, fmt.Errorf("module %s is not in the module cache: run go mod download", source.module)
		}
		roots = append(roots, filepath.Join(strings.TrimSpace(string(dir)), source.dir))
	}
	return roots, nil
}

// ownFiles lists the files below proto/, sorted, by the names under which they are imported.
func ownFiles() ([]string, error) {
	var names []string
	err := filepath.WalkDir(protoDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".proto" {
			return err
		}
		name, err := filepath.Rel(protoDir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	sort.Strings(names)
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no .proto files below %s", protoDir)
	}
	return names, err
}

// compile returns the descriptors of names and of everything they import, imports first.
func compile(ctx context.Context, names, roots []string) (*descriptorpb.FileDescriptorSet, error) {
	compiler := protocompile.Compiler{
		Resolver:       &protocompile.SourceResolver{ImportPaths: roots},
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(ctx, names...)
	if err != nil {
		return nil, err
	}
	set, seen := &descriptorpb.FileDescriptorSet{}, map[string]bool{}
	for _, file := range files {
		addWithImports(set, seen, file)
	}
	return set, nil
}

func addWithImports(set *descriptorpb.FileDescriptorSet, seen map[string]bool, file protoreflect.FileDescriptor) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		addWithImports(set, seen, file.Imports().Get(i).FileDescriptor)
	}
	set.File = append(set.File, protoutil.ProtoFromFileDescriptor(file))
}
