// Command protogen turns proto/ into Go code and into the OpenAPI document of the REST gateway.
//
//	protogen generate   writes *.pb.go and *.pb.gw.go beside the modules' types, app/openapi/openapi.json and relayer/rpc/openapi.json
//	protogen check      fails and names each generated file that is missing, stale or without a source
//	protogen vendor     copies the imported .proto files into third_party/proto, for buf and editors
//
// It needs Go and nothing else: protocompile, a compiler in pure Go, parses the files, the plugins are built from the
// versions that go.mod requires, and imports are read from the module cache. Run it from the root of the checkout.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const (
	protoDir  = "proto"
	vendorDir = "third_party/proto"
	pluginDir = ".bin"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "protogen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("want one of: generate, check, vendor")
	}
	roots, err := importRoots(ctx)
	if err != nil {
		return err
	}
	if args[0] == "vendor" {
		return vendor(ctx, roots)
	}

	generated, err := generateAll(ctx, roots)
	if err != nil {
		return err
	}
	switch args[0] {
	case "generate":
		return generated.write(".")
	case "check":
		return generated.check(".")
	default:
		return fmt.Errorf("unknown command %q: want generate, check or vendor", args[0])
	}
}

// generateAll returns every generated file by its path in the checkout.
func generateAll(ctx context.Context, roots []string) (tree, error) {
	own, err := ownFiles()
	if err != nil {
		return nil, err
	}
	if err := buildPlugins(ctx); err != nil {
		return nil, err
	}
	generated := tree{}
	for _, plugin := range goPlugins {
		if err := runGoPlugin(ctx, plugin, own, roots, generated); err != nil {
			return nil, err
		}
	}
	for _, gateway := range gateways(own) {
		document, err := openapi(ctx, gateway, roots)
		if err != nil {
			return nil, err
		}
		generated[gateway.path] = document
	}
	return generated, nil
}

// vendor copies what our files import, and what that imports, into vendorDir.
func vendor(ctx context.Context, roots []string) error {
	own, err := ownFiles()
	if err != nil {
		return err
	}
	set, err := compile(ctx, own, roots)
	if err != nil {
		return err
	}
	copied := tree{}
	for _, file := range set.GetFile() {
		for _, root := range roots[1:] {
			content, err := os.ReadFile(filepath.Join(root, file.GetName()))
			if err == nil {
				copied[filepath.Join(vendorDir, file.GetName())] = content
				break
			}
		}
	}
	return copied.write(".")
}
