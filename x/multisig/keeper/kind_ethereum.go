package keeper

import (
	"bytes"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// ethereumKind serves EVM chains by package vault/ethereum. A chain must have the contracts of Safe 1.4.1 at their canonical addresses.
type ethereumKind struct{}

func (ethereumKind) vault(v types.NewVault) (string, []types.Signer, error) {
	if _, err := ethereum.ChainNumber(v.ChainID); err != nil {
		return "", nil, types.ErrInvalidVault.Wrap(err.Error())
	}
	signers, addresses, err := sortedSigners(v.Signers)
	if err != nil {
		return "", nil, err
	}
	genesis := ethereum.Genesis{Owners: addresses, Threshold: v.Threshold, Salt: v.Contract}
	address, err := genesis.Address(ethereum.Canonical())
	if err != nil {
		return "", nil, types.ErrInvalidVault.Wrap(err.Error())
	}
	for i := range signers {
		signers[i].Place = signers[i].Index
	}
	return address.Hex(), signers, nil
}

// sortedSigners returns signers in the order of their addresses, with their indexes, and the addresses.
func sortedSigners(signers []types.Signer) ([]types.Signer, []common.Address, error) {
	keys := make([][]byte, len(signers))
	for i, signer := range signers {
		keys[i] = signer.Key
	}
	keys, err := ethereum.SortKeys(keys)
	if err != nil {
		return nil, nil, types.ErrInvalidVault.Wrap(err.Error())
	}
	sorted := slices.Clone(signers)
	for i, key := range keys {
		at := slices.IndexFunc(signers, func(s types.Signer) bool { return bytes.Equal(s.Key, key) })
		sorted[i] = types.Signer{Operator: signers[at].Operator, Key: key, Index: uint32(i)}
	}
	addresses, err := ethereum.KeyAddresses(keys)
	return sorted, addresses, err
}

func (ethereumKind) successor(next types.NewVault, holder types.Vault, present []types.Signer) ([]types.Signer, error) {
	signers, addresses, err := sortedSigners(next.Signers)
	if err != nil {
		return nil, err
	}
	safe, err := ethereum.ParseAddress(holder.Address)
	if err != nil {
		return nil, types.ErrInvalidVault.Wrap(err.Error())
	}
	owners, err := safeOwners(holder, present)
	if err != nil {
		return nil, err
	}
	_, after, err := owners.Handover(safe, ethereum.Owners{List: addresses, Threshold: next.Threshold})
	if err != nil {
		return nil, types.ErrInvalidVault.Wrap(err.Error())
	}
	for i, address := range addresses {
		signers[i].Place = uint32(slices.Index(after.List, address))
	}
	return signers, nil
}

// safeOwners are a vault's signers as its Safe lists them.
func safeOwners(v types.Vault, signers []types.Signer) (ethereum.Owners, error) {
	owners := ethereum.Owners{List: make([]common.Address, len(signers)), Threshold: v.Threshold}
	for _, signer := range signers {
		address, err := ethereum.KeyAddress(signer.Key)
		if err != nil || int(signer.Place) >= len(signers) {
			return ethereum.Owners{}, types.ErrInvalidVault.Wrapf("vault %d: key %X at place %d of %d owners", v.Id, signer.Key, signer.Place, len(signers))
		}
		owners.List[signer.Place] = address
	}
	return owners, nil
}

func (ethereumKind) ready(v types.Vault) error {
	if !v.AccountKnown {
		return types.ErrAccountUnknown.Wrapf("vault %d, Safe %s", v.Id, v.Address)
	}
	return nil
}

// payload refuses vaults that are not ACTIVE: only the present owners' signatures move the Safe.
func (k ethereumKind) payload(r payloadRequest) (types.Payload, [][]byte, error) {
	if r.vault.Status != types.VAULT_STATUS_ACTIVE {
		return types.Payload{}, nil, types.ErrVaultStatus.Wrapf("vault %d is %s: only an %s one's signers are the Safe's owners",
			r.vault.Id, r.vault.Status, types.VAULT_STATUS_ACTIVE)
	}
	if err := checkEthereumSession(r.NewSession); err != nil {
		return types.Payload{}, nil, err
	}
	payload, err := k.plan(r)
	if err != nil {
		return types.Payload{}, nil, err
	}
	plain, err := payload.Plain()
	if err != nil {
		return types.Payload{}, nil, types.ErrInvalidSession.Wrap(err.Error())
	}
	digest, err := ethereum.Digest(plain)
	if err != nil {
		return types.Payload{}, nil, types.ErrInvalidSession.Wrap(err.Error())
	}
	return types.Payload{Kind: &types.Payload_Ethereum{Ethereum: &payload}}, [][]byte{digest.Bytes()}, nil
}

func checkEthereumSession(s types.NewSession) error {
	switch {
	case s.TimeoutHeight != types.NoTimeout:
		return types.ErrInvalidSession.Wrapf("timeout height %d, want none (%d)", s.TimeoutHeight, types.NoTimeout)
	case s.Purpose == types.PURPOSE_SWEEP:
		return types.ErrInvalidSession.Wrap("a Safe is not swept: it stays")
	case (s.Purpose == types.PURPOSE_HANDOVER) != (s.Next != 0):
		return types.ErrInvalidSession.Wrapf("%s with next vault %d", s.Purpose, s.Next)
	case s.Fee.Amount.IsNil() || s.Fee.Denom != s.Denom:
		return types.ErrInvalidSession.Wrapf("fee %s, want one in %q", s.Fee, s.Denom)
	}
	for i, output := range s.Outputs {
		if output.Amount.IsNil() {
			return types.ErrInvalidSession.Wrapf("output %d to %s has no amount", i, output.Address)
		}
	}
	return nil
}

// plan reads the owners, present and next, and makes the payload of them.
func (ethereumKind) plan(r payloadRequest) (types.EthereumPayload, error) {
	_, signers, err := r.seats(r.vault.Id)
	if err != nil {
		return types.EthereumPayload{}, err
	}
	owners, err := safeOwners(r.vault, signers)
	if err != nil {
		return types.EthereumPayload{}, err
	}
	payload := types.EthereumPayload{
		ChainId: r.vault.ChainId, Safe: r.vault.Address, MultiSend: ethereum.Canonical().MultiSend.Hex(), Nonce: r.vault.Sequence,
		Owners: texts(owners.List), Threshold: r.vault.Threshold, Outputs: r.Outputs, Denom: r.Denom, Fee: r.Fee, Gas: r.GasLimit, Next: r.Next,
	}
	if r.Next == 0 {
		return payload, nil
	}
	next, signers, err := r.seats(r.Next)
	if err != nil {
		return types.EthereumPayload{}, err
	}
	if next.Succeeds != r.vault.Id || next.Status != types.VAULT_STATUS_PENDING {
		return types.EthereumPayload{}, types.ErrInvalidSession.Wrapf("next vault %d succeeds %d and is %s, want %d and %s",
			next.Id, next.Succeeds, next.Status, r.vault.Id, types.VAULT_STATUS_PENDING)
	}
	owners, err = safeOwners(next, signers)
	payload.NextOwners, payload.NextThreshold = texts(owners.List), next.Threshold
	return payload, err
}

func texts(addresses []common.Address) []string {
	texts := make([]string, len(addresses))
	for i, address := range addresses {
		texts[i] = address.Hex()
	}
	return texts
}

func (ethereumKind) request(p types.Payload) (types.NewSession, error) {
	payload, err := ethereumPayload(p)
	if err != nil {
		return types.NewSession{}, err
	}
	return types.NewSession{
		Outputs: payload.Outputs, Next: payload.Next, Denom: payload.Denom, Fee: payload.Fee, GasLimit: payload.Gas,
	}, nil
}

func ethereumPayload(p types.Payload) (*types.EthereumPayload, error) {
	payload := p.EthereumPayload()
	if payload == nil {
		return nil, types.ErrInvalidSession.Wrapf("payload is %T, want one of an Ethereum chain", p.Kind)
	}
	return payload, nil
}

func (ethereumKind) validSignature(key, digest, signature []byte) bool {
	return ethereum.VerifySignature(key, digest, signature)
}

func (ethereumKind) documentDigest(v types.Vault, document []byte) ([]byte, error) {
	number, err := ethereum.ChainNumber(v.ChainId)
	if err != nil {
		return nil, types.ErrDocument.Wrap(err.Error())
	}
	safe, err := ethereum.ParseAddress(v.Address)
	if err != nil {
		return nil, types.ErrDocument.Wrap(err.Error())
	}
	digest, err := ethereum.DocumentDigest(document, ethereum.Domain{ChainNumber: number, Safe: safe})
	if err != nil {
		return nil, types.ErrDocument.Wrap(err.Error())
	}
	return digest.Bytes(), nil
}

func (ethereumKind) signatureSize() int { return ethereum.SignatureSize }

func (ethereumKind) transaction(p types.Payload, _ types.Vault, signers []types.Signer, signed []memberSignature) ([]byte, string, error) {
	payload, err := ethereumPayload(p)
	if err != nil {
		return nil, "", err
	}
	plain, err := payload.Plain()
	if err != nil {
		return nil, "", err
	}
	keys := make([][]byte, len(signers))
	for i, signer := range signers {
		keys[i] = signer.Key
	}
	indexed := make([]ethereum.IndexedSignature, len(signed))
	for i, s := range signed {
		indexed[i] = ethereum.IndexedSignature{Index: s.index, Signature: s.Signatures[0]}
	}
	calldata, hash, err := ethereum.Assemble(plain, keys, indexed)
	return calldata, hash.Hex(), err
}
