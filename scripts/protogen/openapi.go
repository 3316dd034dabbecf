package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// gatewayFiles are the services of the Cosmos SDK that the REST gateway of the chain serves beside ours.
var gatewayFiles = []string{
	"cosmos/auth/v1beta1/query.proto",
	"cosmos/authz/v1beta1/query.proto",
	"cosmos/bank/v1beta1/query.proto",
	"cosmos/base/node/v1beta1/query.proto",
	"cosmos/base/tendermint/v1beta1/query.proto",
	"cosmos/consensus/v1/query.proto",
	"cosmos/distribution/v1beta1/query.proto",
	"cosmos/evidence/v1beta1/query.proto",
	"cosmos/feegrant/v1beta1/query.proto",
	"cosmos/gov/v1/query.proto",
	"cosmos/mint/v1beta1/query.proto",
	"cosmos/slashing/v1beta1/query.proto",
	"cosmos/staking/v1beta1/query.proto",
	"cosmos/tx/v1beta1/service.proto",
	"cosmos/upgrade/v1beta1/query.proto",
}

// relayerFiles begin so: their routes are served by relayers and not by the chain.
const relayerFiles = "stafi/relayer/"

// gateway is one REST gateway: where its document goes, its title, and the files that declare its routes.
type gateway struct {
	path, title string
	names       []string
}

// gateways are the chain's, which has the SDK's services too, and the relayer's.
func gateways(own []string) []gateway {
	chain := gateway{path: "app/openapi/openapi.json", title: "StaFi: REST gateway"}
	relayer := gateway{path: "relayer/rpc/openapi.json", title: "StaFi: a member's RPC service"}
	for _, name := range own {
		if strings.HasPrefix(name, relayerFiles) {
			relayer.names = append(relayer.names, name)
		} else {
			chain.names = append(chain.names, name)
		}
	}
	chain.names = append(chain.names, gatewayFiles...)
	return []gateway{chain, relayer}
}

type document struct {
	Swagger     string                     `json:"swagger"`
	Info        map[string]string          `json:"info"`
	Consumes    []string                   `json:"consumes"`
	Produces    []string                   `json:"produces"`
	Paths       map[string]json.RawMessage `json:"paths"`
	Definitions map[string]json.RawMessage `json:"definitions"`
}

// openapi merges the documents of all files that declare a gateway's routes into one. Keys are sorted by encoding/json,
// so the same input gives the same bytes.
func openapi(ctx context.Context, of gateway, roots []string) ([]byte, error) {
	files, err := runPlugin(ctx, openapiPlugin, of.names, roots)
	if err != nil {
		return nil, err
	}
	merged := document{
		Swagger:     "2.0",
		Info:        map[string]string{"title": of.title, "version": "v1"},
		Consumes:    []string{"application/json"},
		Produces:    []string{"application/json"},
		Paths:       map[string]json.RawMessage{},
		Definitions: map[string]json.RawMessage{},
	}
	for _, file := range files {
		var part document
		if err := json.Unmarshal([]byte(file.GetContent()), &part); err != nil {
			return nil, fmt.Errorf("%s: %w", file.GetName(), err)
		}
		if err := merged.add(file.GetName(), part); err != nil {
			return nil, err
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err = encoder.Encode(merged)
	return text.Bytes(), err
}

// add moves the routes of part into d. Operation ids are unique within a file only, so its package goes before them.
func (d document) add(name string, part document) error {
	prefix := operationPrefix(name)
	for route, raw := range part.Paths {
		if _, taken := d.Paths[route]; taken {
			return fmt.Errorf("%s: route %s is declared twice", name, route)
		}
		renamed, err := prefixOperations(raw, prefix)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", name, route, err)
		}
		d.Paths[route] = renamed
	}
	for definition, raw := range part.Definitions {
		d.Definitions[definition] = raw
	}
	return nil
}

// operationPrefix turns stafi/ssv/v1/query.swagger.json into stafi_ssv_v1_.
func operationPrefix(name string) string {
	directories := strings.Split(name, "/")
	return strings.Join(directories[:len(directories)-1], "_") + "_"
}

func prefixOperations(raw json.RawMessage, prefix string) (json.RawMessage, error) {
	var verbs map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &verbs); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(verbs))
	for verb := range verbs {
		names = append(names, verb)
	}
	sort.Strings(names)
	for _, verb := range names {
		var id string
		if err := json.Unmarshal(verbs[verb]["operationId"], &id); err != nil {
			return nil, err
		}
		quoted, err := json.Marshal(prefix + id)
		if err != nil {
			return nil, err
		}
		verbs[verb]["operationId"] = quoted
	}
	return json.Marshal(verbs)
}
