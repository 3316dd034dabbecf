package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"
)

// modulePath is cut from the names of generated Go files, which leaves their path in the checkout.
const modulePath = "github.com/stafiprotocol/stafid/"

type plugin struct{ pkg, options string }

func (p plugin) binary() string { return filepath.Join(pluginDir, filepath.Base(p.pkg)) }

var (
	goPlugins = []plugin{
		{
			"github.com/cosmos/gogoproto/protoc-gen-gocosmos",
			"plugins=grpc,Mgoogle/protobuf/any.proto=github.com/cosmos/gogoproto/types/any",
		},
		{
			"github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway",
			"logtostderr=true,allow_colon_final_segments=true",
		},
	}
	openapiPlugin = plugin{
		"github.com/grpc-ecosystem/grpc-gateway/protoc-gen-swagger",
		"logtostderr=true,fqn_for_swagger_name=true,include_package_in_tags=true",
	}
)

// buildPlugins builds the plugins at the versions that the root go.mod requires.
func buildPlugins(ctx context.Context) error {
	args := []string{"build", "-o", pluginDir + string(filepath.Separator), openapiPlugin.pkg}
	for _, p := range goPlugins {
		args = append(args, p.pkg)
	}
	if err := os.MkdirAll(pluginDir, 0o755); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", args...)
	command.Stderr = os.Stderr
	return command.Run()
}

// runGoPlugin adds to generated what p makes of names.
func runGoPlugin(ctx context.Context, p plugin, names, roots []string, generated tree) error {
	files, err := runPlugin(ctx, p, names, roots)
	if err != nil {
		return err
	}
	for _, file := range files {
		path, ours := strings.CutPrefix(file.GetName(), modulePath)
		if !ours {
			return fmt.Errorf("%s: go_package must begin with %s", file.GetName(), modulePath)
		}
		generated[path] = []byte(file.GetContent())
	}
	return nil
}

// runPlugin calls p once for each package in names: the plugins generate one Go package at a time.
func runPlugin(ctx context.Context, p plugin, names, roots []string) ([]*pluginpb.CodeGeneratorResponse_File, error) {
	var files []*pluginpb.CodeGeneratorResponse_File
	for _, pkg := range packages(names) {
		response, err := callPlugin(ctx, p, pkg, roots)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Dir(pkg[0]), err)
		}
		files = append(files, response.GetFile()...)
	}
	return files, nil
}

// packages groups names by directory, in the order of their first file.
func packages(names []string) [][]string {
	var groups [][]string
	index := map[string]int{}
	for _, name := range names {
		at, known := index[filepath.Dir(name)]
		if !known {
			at = len(groups)
			index[filepath.Dir(name)] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], name)
	}
	return groups
}

func callPlugin(ctx context.Context, p plugin, names, roots []string) (*pluginpb.CodeGeneratorResponse, error) {
	set, err := compile(ctx, names, roots)
	if err != nil {
		return nil, err
	}
	request, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: names,
		Parameter:      proto.String(p.options),
		ProtoFile:      set.GetFile(),
	})
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, p.binary())
	command.Stdin = bytes.NewReader(request)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.binary(), err)
	}
	response := &pluginpb.CodeGeneratorResponse{}
	if err := proto.Unmarshal(output, response); err != nil {
		return nil, fmt.Errorf("%s answered no CodeGeneratorResponse: %w", p.binary(), err)
	}
	if response.GetError() != "" {
		return nil, errors.New(p.binary() + ": " + response.GetError())
	}
	return response, nil
}
