// Package safe has the audited contracts of Safe 1.4.1, for tests and development networks. Public networks have them (README.md).
package safe

import (
	_ "embed"
	"encoding/json"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

//go:embed artifacts.json
var artifactsJSON []byte

// Artifact is one compiled contract.
type Artifact struct {
	ABI abi.ABI `json:"abi"`
	// Bytecode creates the contract; DeployedBytecode is what it then has.
	Bytecode         hexutil.Bytes `json:"bytecode"`
	DeployedBytecode hexutil.Bytes `json:"deployedBytecode"`
}

// Artifacts are the contracts that a vault needs.
type Artifacts struct {
	Safe              Artifact
	SafeProxyFactory  Artifact
	SafeProxy         Artifact
	MultiSend         Artifact
	MultiSendCallOnly Artifact
}

// Load returns the contracts.
func Load() (Artifacts, error) {
	var file struct {
		Contracts Artifacts `json:"contracts"`
	}
	err := json.Unmarshal(artifactsJSON, &file)
	return file.Contracts, err
}
