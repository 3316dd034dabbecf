package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func emptyDocument() document {
	return document{Paths: map[string]json.RawMessage{}, Definitions: map[string]json.RawMessage{}}
}

func route(path string) document {
	return document{Paths: map[string]json.RawMessage{path: json.RawMessage(`{"get":{"operationId":"Query_Params"}}`)}}
}

func TestOperationsOfTwoModulesKeepApartByTheirPackage(t *testing.T) {
	merged := emptyDocument()
	for name, path := range map[string]string{
		"stafi/ssv/v1/query.swagger.json":      "/stafi/ssv/v1/params",
		"stafi/multisig/v1/query.swagger.json": "/stafi/multisig/v1/params",
	} {
		if err := merged.add(name, route(path)); err != nil {
			t.Fatal(err)
		}
	}
	for path, id := range map[string]string{
		"/stafi/ssv/v1/params":      "stafi_ssv_v1_Query_Params",
		"/stafi/multisig/v1/params": "stafi_multisig_v1_Query_Params",
	} {
		if !strings.Contains(string(merged.Paths[path]), id) {
			t.Fatalf("%s has %s, want operation %s", path, merged.Paths[path], id)
		}
	}
}

func TestARouteDeclaredTwiceIsRefused(t *testing.T) {
	merged := emptyDocument()
	if err := merged.add("a/v1/query.swagger.json", route("/a")); err != nil {
		t.Fatal(err)
	}
	wantError(t, merged.add("b/v1/query.swagger.json", route("/a")), "/a", "declared twice")
}

func TestFilesOfOneDirectoryAreGeneratedTogether(t *testing.T) {
	groups := packages([]string{"a/v1/query.proto", "b/v1/tx.proto", "a/v1/tx.proto"})
	if len(groups) != 2 || len(groups[0]) != 2 || groups[0][1] != "a/v1/tx.proto" {
		t.Fatalf("got %v, want a/v1 with both its files and b/v1", groups)
	}
}
