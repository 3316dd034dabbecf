package types

import (
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

// Plain returns the payload in the form that package vault/cosmos makes sign bytes and transactions of.
func (p CosmosPayload) Plain() cosmos.Payload {
	outputs := make([]cosmos.Output, len(p.Outputs))
	for i, output := range p.Outputs {
		outputs[i] = cosmos.Output{Address: output.Address, Amount: output.Amount}
	}
	return cosmos.Payload{
		ChainID: p.ChainId, AccountNumber: p.AccountNumber, Sequence: p.Sequence, From: p.From, Outputs: outputs, Denom: p.Denom,
		Fee: p.Fee, GasLimit: p.GasLimit, Memo: p.Memo, TimeoutHeight: p.TimeoutHeight, MultiSend: p.MultiSend,
	}
}

// CosmosPayload returns the payload of a Cosmos chain, nil where the payload is of another kind.
func (p Payload) CosmosPayload() *CosmosPayload {
	if kind, ok := p.Kind.(*Payload_Cosmos); ok {
		return kind.Cosmos
	}
	return nil
}
