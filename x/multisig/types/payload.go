package types

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
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

// EthereumPayload returns the payload of an Ethereum chain, nil where the payload is of another kind.
func (p Payload) EthereumPayload() *EthereumPayload {
	if kind, ok := p.Kind.(*Payload_Ethereum); ok {
		return kind.Ethereum
	}
	return nil
}

// Plain returns the payload in the form that package vault/ethereum makes a SafeTx of. Errors: ethereum.ErrChainID, ethereum.ErrAddress.
func (p EthereumPayload) Plain() (ethereum.Payload, error) {
	number, err := ethereum.ChainNumber(p.ChainId)
	if err != nil {
		return ethereum.Payload{}, err
	}
	fixed, err := parseAddresses(p.Safe, p.MultiSend)
	if err != nil {
		return ethereum.Payload{}, err
	}
	owners, err := parseAddresses(p.Owners...)
	if err != nil {
		return ethereum.Payload{}, err
	}
	plain := ethereum.Payload{
		ChainNumber: number, Safe: fixed[0], MultiSend: fixed[1], Nonce: p.Nonce, Owners: ethereum.Owners{List: owners, Threshold: p.Threshold},
		Gas: p.Gas, Fee: p.Fee.Amount.BigInt(),
	}
	for _, output := range p.Outputs {
		to, err := ethereum.ParseAddress(output.Address)
		if err != nil {
			return ethereum.Payload{}, err
		}
		plain.Outputs = append(plain.Outputs, ethereum.Output{To: to, Amount: output.Amount.BigInt()})
	}
	if p.Next == 0 {
		return plain, nil
	}
	next, err := parseAddresses(p.NextOwners...)
	plain.Next = &ethereum.Owners{List: next, Threshold: p.NextThreshold}
	return plain, err
}

func parseAddresses(texts ...string) ([]common.Address, error) {
	addresses := make([]common.Address, len(texts))
	for i, text := range texts {
		address, err := ethereum.ParseAddress(text)
		if err != nil {
			return nil, err
		}
		addresses[i] = address
	}
	return addresses, nil
}
