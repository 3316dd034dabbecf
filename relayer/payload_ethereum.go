package relayer

import (
	"context"
	"fmt"
	"math/big"
	"strconv"

	"github.com/ethereum/go-ethereum/common"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// ethereumPayloads are transactions of the contract's Safe.
type ethereumPayloads struct{ contract stafi.Contract }

// address is that of the Safe, which follows from the keys of the contract's first vault that held it.
func (e ethereumPayloads) address(generation observe.Generation) (string, error) {
	first, err := e.first(generation)
	if err != nil {
		return "", err
	}
	genesis, err := genesisOf(first)
	if err != nil {
		return "", err
	}
	address, err := genesis.Address(vaultethereum.Canonical())
	return address.Hex(), err
}

// first follows who a vault succeeds back to the one that the Safe was deployed with. Vaults succeed older ones, so it ends.
func (e ethereumPayloads) first(generation observe.Generation) (observe.Generation, error) {
	for generation.Vault.Succeeds != 0 {
		before, ok := e.contract.Generation(generation.Vault.Succeeds)
		if !ok || before.Vault.Id >= generation.Vault.Id {
			return before, fmt.Errorf("vault %d succeeds %d, which is no older vault of contract %d", generation.Vault.Id, generation.Vault.Succeeds, e.contract.Id)
		}
		generation = before
	}
	return generation, nil
}

// genesisOf is what the Safe of a first vault is deployed with.
func genesisOf(first observe.Generation) (vaultethereum.Genesis, error) {
	addresses, err := vaultethereum.KeyAddresses(keysOf(first))
	return vaultethereum.Genesis{Owners: addresses, Threshold: first.Vault.Threshold, Salt: first.Vault.Contract}, err
}

// ownersOf are a vault's signers in the order of its Safe's own list.
func ownersOf(generation observe.Generation) (vaultethereum.Owners, error) {
	addresses, err := vaultethereum.KeyAddresses(keysOf(generation))
	if err != nil {
		return vaultethereum.Owners{}, err
	}
	owners := vaultethereum.Owners{List: make([]common.Address, len(addresses)), Threshold: generation.Vault.Threshold}
	for i, signer := range generation.Signers {
		if int(signer.Place) >= len(owners.List) || owners.List[signer.Place] != (common.Address{}) {
			return owners, fmt.Errorf("key %X is at place %d of %d, want each place once", signer.Key, signer.Place, len(owners.List))
		}
		owners.List[signer.Place] = addresses[i]
	}
	return owners, nil
}

// move has no outputs: the Safe stays and its owners change.
func (ethereumPayloads) move(vault, destination observe.Generation, batch contracttypes.Batch) ([]multisigtypes.Output, error) {
	if batch.Purpose != multisigtypes.PURPOSE_HANDOVER || destination.Vault.Succeeds != vault.Vault.Id {
		return nil, fmt.Errorf("%w: %s to vault %d, which succeeds %d, want a handover to one that succeeds %d",
			ErrPayloadOutputs, batch.Purpose, destination.Vault.Id, destination.Vault.Succeeds, vault.Vault.Id)
	}
	return nil, nil
}

func (e ethereumPayloads) remake(made making) (recomputed, error) {
	asked := made.asked.EthereumPayload()
	if asked == nil {
		return recomputed{}, fmt.Errorf("%w: session %d has no payload of an Ethereum chain", ErrPayloadDigest, made.session.Id)
	}
	payload, err := e.plain(made, asked)
	if err != nil {
		return recomputed{}, err
	}
	if err := e.checkFee(asked.Fee, made.batch, payload); err != nil {
		return recomputed{}, err
	}
	return ethereumPayload(payload, e.effect(made, payload))
}

// asAsked makes the chain's payload one of this Safe and the session's nonce.
func (e ethereumPayloads) asAsked(session multisigtypes.Session, vault observe.Generation, chains multisigtypes.Payload) (recomputed, error) {
	asked := chains.EthereumPayload()
	if asked == nil {
		return recomputed{}, fmt.Errorf("%w: session %d has no payload of an Ethereum chain", ErrPayloadDigest, session.Id)
	}
	own := *asked
	own.ChainId, own.Safe, own.Nonce = e.contract.ChainId, vault.Vault.Address, session.Sequence
	payload, err := own.Plain()
	if err != nil {
		return recomputed{}, fmt.Errorf("%w: %w", ErrPayloadDigest, err)
	}
	return ethereumPayload(payload, effectOf(session.Purpose, own.Denom, own.Outputs, own.NextOwners...))
}

// ethereumPayload is a payload with what its signers sign.
func ethereumPayload(payload vaultethereum.Payload, effect string) (recomputed, error) {
	digest, err := vaultethereum.Digest(payload)
	if err != nil {
		return recomputed{}, fmt.Errorf("%w: %w", ErrPayloadDigest, err)
	}
	return recomputed{
		digest: digest, effect: effect, competes: payload.Next != nil,
		sign: func(key Key) ([]byte, error) { return signSafeTx(key, digest) },
	}, nil
}

func (ethereumPayloads) provenSequence(ctx context.Context, client lightclient.Client, vault observe.Generation) (uint64, error) {
	head, err := client.Head()
	if err != nil {
		return 0, err
	}
	nonce, err := client.VerifiedValue(ctx, vault.Vault.Address, vaultethereum.NonceSlot().Bytes(), head.Height)
	return new(big.Int).SetBytes(nonce).Uint64(), err
}

// plain is the payload of what the state calls for. Gas and fee are the chain's choice for each attempt: too little gas is refused by SafeTx, and the
// fee is looked at by itself.
func (e ethereumPayloads) plain(made making, asked *multisigtypes.EthereumPayload) (vaultethereum.Payload, error) {
	number, err := vaultethereum.ChainNumber(e.contract.ChainId)
	if err != nil {
		return vaultethereum.Payload{}, fmt.Errorf("%w: %w", ErrPayloadVault, err)
	}
	safe, err := vaultethereum.ParseAddress(made.vault.Vault.Address)
	if err != nil {
		return vaultethereum.Payload{}, fmt.Errorf("%w: %w", ErrPayloadVault, err)
	}
	owners, err := ownersOf(made.vault)
	if err != nil {
		return vaultethereum.Payload{}, fmt.Errorf("%w: vault %d: %w", ErrPayloadVault, made.vault.Vault.Id, err)
	}
	payload := vaultethereum.Payload{
		ChainNumber: number, Safe: safe, Nonce: made.session.Sequence, MultiSend: vaultethereum.Canonical().MultiSend, Owners: owners,
		Gas: asked.Gas, Fee: asked.Fee.Amount.BigInt(),
	}
	if made.session.Purpose == multisigtypes.PURPOSE_HANDOVER {
		return e.toNext(payload, made.batch.Destination)
	}
	for _, output := range made.outputs {
		to, err := vaultethereum.Recipient(output.Address, safe, vaultethereum.DepositContract(safe))
		if err != nil {
			return payload, fmt.Errorf("%w: %w", ErrPayloadOutputs, err)
		}
		payload.Outputs = append(payload.Outputs, vaultethereum.Output{To: to, Amount: output.Amount.BigInt()})
	}
	return payload, nil
}

func (e ethereumPayloads) toNext(payload vaultethereum.Payload, destination uint64) (vaultethereum.Payload, error) {
	next, _ := e.contract.Generation(destination)
	owners, err := ownersOf(next)
	if err != nil {
		return payload, fmt.Errorf("%w: vault %d: %w", ErrPayloadVault, destination, err)
	}
	payload.Next = &owners
	return payload, nil
}

// checkFee wants a fee, which bounds what the Safe refunds, of at most the batch's, which is that of the dearest attempt.
func (e ethereumPayloads) checkFee(asked sdk.Coin, batch contracttypes.Batch, payload vaultethereum.Payload) error {
	tx, err := payload.SafeTx()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPayloadDigest, err)
	}
	bound := math.MinInt(batch.Fee, e.contract.Ethereum.GasPrice.Mul(math.NewIntFromUint64(tx.GasLimit())).MulRaw(maxFeeFactor))
	if asked.Denom != e.contract.Denom || asked.Amount.GT(bound) {
		return fmt.Errorf("%w: %s asked, batch says %s, want at most %s%s", ErrPayloadFee, asked, batch.Fee, bound, e.contract.Denom)
	}
	return nil
}

func (e ethereumPayloads) effect(made making, payload vaultethereum.Payload) string {
	var next []string
	if payload.Next != nil {
		next = append(next, strconv.FormatUint(uint64(payload.Next.Threshold), 10))
		for _, owner := range payload.Next.List {
			next = append(next, owner.Hex())
		}
	}
	return effectOf(made.session.Purpose, e.contract.Denom, made.outputs, next...)
}

// signSafeTx returns r‖s‖v as the Safe wants it, v 27 or 28, checked before it is used.
func signSafeTx(key Key, digest common.Hash) ([]byte, error) {
	signature, err := key.SignDigest(digest)
	if err != nil {
		return nil, err
	}
	signature[vaultethereum.SignatureSize-1] += 27
	if !vaultethereum.VerifySignature(key.PubKey.Key, digest.Bytes(), signature) {
		return nil, fmt.Errorf("%w: %q made a signature that does not verify", ErrKey, key.Name)
	}
	return signature, nil
}
