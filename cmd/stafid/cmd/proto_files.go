package cmd

import (
	"maps"
	"slices"
	"sync"

	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// protoFiles are the .proto files of both registries, as proto.MergedRegistry links them, each
// linked when it is first asked for: a command needs a few dozen of several hundred. Files as they
// registered themselves won't do: a type of a file that registers later is a placeholder in them.
type protoFiles struct {
	mutex  sync.Mutex
	linked *protoregistry.Files
}

func newProtoFiles() *protoFiles { return &protoFiles{linked: &protoregistry.Files{}} }

// FindFileByPath returns the file, or an error of protoregistry.NotFound.
func (p *protoFiles) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.link(path)
}

// FindDescriptorByName returns what has the full name, or an error of protoregistry.NotFound.
func (p *protoFiles) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	found, err := proto.HybridResolver.FindDescriptorByName(name)
	if err != nil {
		return nil, err
	}
	if _, err := p.FindFileByPath(found.ParentFile().Path()); err != nil {
		return nil, err
	}
	return p.linked.FindDescriptorByName(name)
}

// RangeFiles visits every file, linked, while visit returns true. A file that can't be linked is
// left out.
func (p *protoFiles) RangeFiles(visit func(protoreflect.FileDescriptor) bool) {
	paths := slices.Collect(maps.Keys(proto.AllFileDescriptors()))
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		paths = append(paths, file.Path())
		return true
	})
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		if file, err := p.FindFileByPath(path); err == nil && !visit(file) {
			return
		}
	}
}

// link links the file after those that it imports.
func (p *protoFiles) link(path string) (protoreflect.FileDescriptor, error) {
	if file, err := p.linked.FindFileByPath(path); err == nil {
		return file, nil
	}
	registered, err := proto.HybridResolver.FindFileByPath(path)
	if err != nil {
		return nil, err
	}
	imports := registered.Imports()
	for i := range imports.Len() {
		if _, err := p.link(imports.Get(i).Path()); err != nil {
			return nil, err
		}
	}
	file, err := protodesc.NewFile(protodesc.ToFileDescriptorProto(registered), p.linked)
	if err != nil {
		return nil, err
	}
	return file, p.linked.RegisterFile(file)
}
