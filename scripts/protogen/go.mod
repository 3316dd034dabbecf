// Generates the Go code and the OpenAPI document from proto/. A module of its own, because
// the compiler it uses is no dependency of the chain.
module github.com/stafiprotocol/stafid/scripts/protogen

go 1.26.5

require (
	github.com/bufbuild/protocompile v0.14.1
	google.golang.org/protobuf v1.36.12
)

require golang.org/x/sync v0.22.0 // indirect
