package keeper

import (
	"bytes"
	"crypto/sha256"

	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

// cosmosKind serves Cosmos SDK chains by package vault/cosmos.
type cosmosKind struct{}

func (cosmosKind) vault(v types.NewVault) (string, []types.Signer, error) {
	keys := make([][]byte, len(v.Signers))
	for i, signer := range v.Signers {
		keys[i] = signer.Key
	}
	address, sorted, err := cosmos.Address(v.Bech32Prefix, v.Threshold, keys)
	if err != nil {
		return "", nil, types.ErrInvalidVault.Wrap(err.Error())
	}
	signers := make([]types.Signer, len(sorted))
	for i, key := range sorted {
		for _, signer := range v.Signers {
			if bytes.Equal(signer.Key, key) {
				signers[i] = types.Signer{Operator: signer.Operator, Key: key, Index: uint32(i)}
			}
		}
	}
	return address, signers, nil
}

func (cosmosKind) ready(v types.Vault) error {
	if !v.AccountKnown {
		return types.ErrAccountUnknown.Wrapf("vault %d, %s", v.Id, v.Address)
	}
	return nil
}

func (cosmosKind) payload(r payloadRequest) (types.Payload, [][]byte, error) {
	if r.Next != 0 {
		return types.Payload{}, nil, types.ErrInvalidSession.Wrapf("handover to vault %d by its signers, want one by an output", r.Next)
	}
	payload := types.CosmosPayload{
		ChainId: r.vault.ChainId, AccountNumber: r.vault.AccountNumber, Sequence: r.vault.Sequence, From: r.vault.Address,
		Outputs: r.Outputs, Denom: r.Denom, Fee: r.Fee, GasLimit: r.GasLimit, Memo: cosmos.Memo(r.session),
		TimeoutHeight: r.TimeoutHeight, MultiSend: r.Purpose == types.PURPOSE_PAYOUT,
	}
	digest, err := cosmos.Digest(payload.Plain())
	if err != nil {
		return types.Payload{}, nil, types.ErrInvalidSession.Wrap(err.Error())
	}
	return types.Payload{Kind: &types.Payload_Cosmos{Cosmos: &payload}}, [][]byte{digest[:]}, nil
}

func (cosmosKind) request(p types.Payload) (types.NewSession, error) {
	payload, err := cosmosPayload(p)
	if err != nil {
		return types.NewSession{}, err
	}
	return types.NewSession{Outputs: payload.Outputs, Denom: payload.Denom, Fee: payload.Fee, GasLimit: payload.GasLimit}, nil
}

func cosmosPayload(p types.Payload) (*types.CosmosPayload, error) {
	payload := p.CosmosPayload()
	if payload == nil {
		return nil, types.ErrInvalidSession.Wrapf("payload is %T, want one of a Cosmos chain", p.Kind)
	}
	return payload, nil
}

func (cosmosKind) validSignature(key, digest, signature []byte) bool {
	return cosmos.VerifySignature(key, digest, signature)
}

func (cosmosKind) documentDigest(v types.Vault, document []byte) ([]byte, error) {
	if err := cosmos.ActsFor(document, cosmos.Account{ChainID: v.ChainId, Number: v.AccountNumber, Address: v.Address}); err != nil {
		return nil, types.ErrDocument.Wrap(err.Error())
	}
	digest := sha256.Sum256(document)
	return digest[:], nil
}

func (cosmosKind) signatureSize() int { return cosmos.SignatureSize }

func (cosmosKind) transaction(p types.Payload, v types.Vault, signers []types.Signer, signed []memberSignature) ([]byte, string, error) {
	payload, err := cosmosPayload(p)
	if err != nil {
		return nil, "", err
	}
	keys := make([][]byte, len(signers))
	for i, signer := range signers {
		keys[i] = signer.Key
	}
	indexed := make([]cosmos.IndexedSignature, len(signed))
	for i, s := range signed {
		indexed[i] = cosmos.IndexedSignature{Index: s.index, Signature: s.Signatures[0]}
	}
	transaction, err := cosmos.Assemble(payload.Plain(), v.Threshold, keys, indexed)
	if err != nil {
		return nil, "", err
	}
	return transaction, cosmos.TxHash(transaction), nil
}
