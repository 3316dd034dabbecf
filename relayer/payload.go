package relayer

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Reasons why a payload is not signed. Each raises an alarm: the chain asked for something that its own state does not call for.
var (
	// ErrPayloadVault: the vault's address does not follow from its keys, or it is of another contract or chain.
	ErrPayloadVault = errors.New("payload refused: vault")
	// ErrPayloadOutputs: the outputs are not what the redemptions or the destination vault call for.
	ErrPayloadOutputs = errors.New("payload refused: outputs")
	// ErrPayloadFee: the fee is not the batch's, or out of all proportion.
	ErrPayloadFee = errors.New("payload refused: fee")
	// ErrPayloadDigest: the session's digest is not that of the payload as recomputed.
	ErrPayloadDigest = errors.New("payload refused: digest")
	// ErrPayloadSequence: another payload for the same sequence was signed here and can still execute.
	ErrPayloadSequence = errors.New("payload refused: sequence")
)

// maxFeeFactor times the fee that the contract's gas figures give now is the most that a payload may offer: the figures may have
// been changed, and boosted, since it was made.
const maxFeeFactor = 16

// recomputed is a payload as it follows from chain state, with its sign bytes.
type recomputed struct {
	payload   vaultcosmos.Payload
	signBytes []byte
	digest    [32]byte
}

// payloads recomputes payloads from chain state of one height.
type payloads struct {
	node     *stafi.Node
	contract stafi.Contract
}

// recompute makes the payload of a session anew, from the vault's keys, the batch and its redemptions or its destination, and
// compares, in this order: the vault's address, contract and chain; the outputs; the fee; and at last the digest, which covers
// memo, sequence, account number, gas and timeout too.
func (p payloads) recompute(ctx context.Context, info multisigtypes.SessionInfo) (recomputed, error) {
	session := info.Session
	vault, err := p.vault(session)
	if err != nil {
		return recomputed{}, err
	}
	answer, err := p.node.Multisig.Session(ctx, &multisigtypes.QuerySessionRequest{Id: session.Id})
	if err != nil {
		return recomputed{}, fmt.Errorf("session: %w", err)
	}
	asked := answer.Payload.CosmosPayload()
	if asked == nil {
		return recomputed{}, fmt.Errorf("%w: session %d has no payload of a Cosmos chain", ErrPayloadDigest, session.Id)
	}
	batch, err := p.node.Contracts.Batch(ctx, &contracttypes.QueryBatchRequest{Root: session.Root})
	if err != nil {
		return recomputed{}, fmt.Errorf("batch %d: %w", session.Root, err)
	}
	outputs, err := p.outputs(ctx, info, batch.Batch)
	if err != nil {
		return recomputed{}, err
	}
	fee := sdk.NewCoin(p.contract.Denom, batch.Batch.Fee)
	if err := p.checkFee(asked, fee, len(vault.Signers)); err != nil {
		return recomputed{}, err
	}
	return digestOf(session, vaultcosmos.Payload{
		ChainID: p.contract.ChainId, AccountNumber: vault.Vault.AccountNumber, Sequence: session.Sequence,
		From: vault.Vault.Address, Outputs: outputs, Denom: p.contract.Denom, Fee: fee, GasLimit: asked.GasLimit,
		Memo: vaultcosmos.Memo(session.Id), TimeoutHeight: session.TimeoutHeight,
		MultiSend: session.Purpose == multisigtypes.PURPOSE_PAYOUT,
	})
}

func digestOf(session multisigtypes.Session, payload vaultcosmos.Payload) (recomputed, error) {
	signBytes, err := vaultcosmos.SignBytes(payload)
	if err != nil {
		return recomputed{}, fmt.Errorf("%w: %w", ErrPayloadDigest, err)
	}
	digest, err := vaultcosmos.Digest(payload)
	if err != nil {
		return recomputed{}, fmt.Errorf("%w: %w", ErrPayloadDigest, err)
	}
	if len(session.Digests) != 1 || string(session.Digests[0]) != string(digest[:]) {
		return recomputed{}, fmt.Errorf("%w: session %d asks for %X, want %X", ErrPayloadDigest, session.Id, session.Digests, digest)
	}
	return recomputed{payload: payload, signBytes: signBytes, digest: digest}, nil
}

// vault is the session's, its address derived from its keys anew.
func (p payloads) vault(session multisigtypes.Session) (observe.Generation, error) {
	vault, ok := p.contract.Generation(session.Vault)
	if !ok || session.Contract != p.contract.Id {
		return vault, fmt.Errorf("%w: session %d is of vault %d and contract %d, want a vault of contract %d",
			ErrPayloadVault, session.Id, session.Vault, session.Contract, p.contract.Id)
	}
	return vault, p.checkAddress(vault)
}

func (p payloads) checkAddress(generation observe.Generation) error {
	vault := generation.Vault
	keys := make([][]byte, len(generation.Signers))
	for i, signer := range generation.Signers {
		keys[i] = signer.Key
	}
	address, _, err := vaultcosmos.Address(p.contract.Cosmos.Bech32Prefix, vault.Threshold, keys)
	if err != nil {
		return fmt.Errorf("%w: keys of vault %d: %w", ErrPayloadVault, vault.Id, err)
	}
	if vault.Address != address || vault.ChainId != p.contract.ChainId || vault.Contract != p.contract.Id {
		return fmt.Errorf("%w: vault %d of contract %d is %s on %s, want %s on %s for contract %d",
			ErrPayloadVault, vault.Id, vault.Contract, vault.Address, vault.ChainId, address, p.contract.ChainId, p.contract.Id)
	}
	return nil
}

func (p payloads) outputs(ctx context.Context, info multisigtypes.SessionInfo, batch contracttypes.Batch) ([]vaultcosmos.Output, error) {
	session := info.Session
	if batch.Vault != session.Vault || batch.Contract != session.Contract || batch.Purpose != session.Purpose {
		return nil, fmt.Errorf("%w: batch %d is of vault %d, contract %d, purpose %s; session %d wants %d, %d, %s", ErrPayloadOutputs,
			batch.Root, batch.Vault, batch.Contract, batch.Purpose, session.Id, session.Vault, session.Contract, session.Purpose)
	}
	switch session.Purpose {
	case multisigtypes.PURPOSE_PAYOUT:
		return p.payout(ctx, batch, info.Tally.Status == multisigtypes.SESSION_STATUS_PROVEN)
	case multisigtypes.PURPOSE_HANDOVER, multisigtypes.PURPOSE_SWEEP:
		return p.move(batch)
	}
	return nil, fmt.Errorf("%w: unknown purpose %s", ErrPayloadOutputs, session.Purpose)
}

// payout has one output for each item of the batch, in its order, to the recipient that the redeemer named. What an executed
// payout paid is in the redemption's figure of what was paid already.
func (p payloads) payout(ctx context.Context, batch contracttypes.Batch, executed bool) ([]vaultcosmos.Output, error) {
	total := math.ZeroInt()
	outputs := make([]vaultcosmos.Output, 0, len(batch.Items))
	for _, item := range batch.Items {
		answer, err := p.node.Contracts.Redemption(ctx, &contracttypes.QueryRedemptionRequest{Id: item.Redemption})
		if err != nil {
			return nil, fmt.Errorf("redemption %d: %w", item.Redemption, err)
		}
		redemption := answer.Info.Redemption
		owed := redemption.Amount.Sub(redemption.Fee)
		if !executed {
			owed = owed.Sub(redemption.Paid)
		}
		if redemption.Contract != p.contract.Id || !item.Amount.IsPositive() || item.Amount.GT(owed) {
			return nil, fmt.Errorf("%w: %s for redemption %d of contract %d, which is owed %s by contract %d",
				ErrPayloadOutputs, item.Amount, item.Redemption, p.contract.Id, owed, redemption.Contract)
		}
		total = total.Add(item.Amount)
		outputs = append(outputs, vaultcosmos.Output{Address: redemption.Recipient, Amount: item.Amount})
	}
	if !total.Equal(batch.Total) {
		return nil, fmt.Errorf("%w: items make %s, batch %d says %s", ErrPayloadOutputs, total, batch.Root, batch.Total)
	}
	return outputs, nil
}

// move has one output: a vault of the same contract, whose address is derived from its keys anew.
func (p payloads) move(batch contracttypes.Batch) ([]vaultcosmos.Output, error) {
	destination, ok := p.contract.Generation(batch.Destination)
	if !ok || batch.Destination == batch.Vault {
		return nil, fmt.Errorf("%w: destination %d is no other vault of contract %d", ErrPayloadOutputs, batch.Destination, p.contract.Id)
	}
	if err := p.checkAddress(destination); err != nil {
		return nil, err
	}
	return []vaultcosmos.Output{{Address: destination.Vault.Address, Amount: batch.Total}}, nil
}

func (p payloads) checkFee(asked *multisigtypes.CosmosPayload, fee sdk.Coin, members int) error {
	chain := p.contract.Cosmos
	gas := chain.GasBase + chain.GasPerSignature*uint64(members) + chain.GasPerOutput*uint64(len(asked.Outputs))
	bound := chain.GasPrice.MulInt(math.NewIntFromUint64(gas)).Ceil().TruncateInt().MulRaw(maxFeeFactor)
	if !asked.Fee.Equal(fee) || fee.Amount.GT(bound) {
		return fmt.Errorf("%w: %s asked, batch says %s, want at most %s", ErrPayloadFee, asked.Fee, fee, bound)
	}
	return nil
}
