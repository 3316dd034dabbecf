package relayer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
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

// maxFeeFactor times the fee that the contract's figures give is the most that a payload may offer: they may have been boosted when it was made.
const maxFeeFactor = 16

// recomputed is a payload as it follows from chain state.
type recomputed struct {
	digest [32]byte
	// effect identifies what the payload does, whatever its attempt: purpose, outputs and denom, or the next owners.
	effect string
	// competes: it may take the place of another series' payload that was signed for its sequence, because the chain executes one of the two.
	competes bool
	// spent: it is proven that nothing can execute at its sequence any more.
	spent bool
	// sign signs it by the key whose public half the vault holds.
	sign func(Key) ([]byte, error)
}

// payloadKind is what differs between kinds of chains.
type payloadKind interface {
	// address of a vault as it follows from keys.
	address(generation observe.Generation) (string, error)
	// move returns the outputs of a move from one vault to another; ErrPayloadOutputs where there is none.
	move(vault, destination observe.Generation, batch contracttypes.Batch) ([]multisigtypes.Output, error)
	// remake makes the payload anew from what was checked, and compares the fee and what else only the payload itself says. The digest is compared
	// by the caller.
	remake(making) (recomputed, error)
	// asAsked takes the chain's payload as it stands but for the account and the sequence.
	asAsked(session multisigtypes.Session, vault observe.Generation, asked multisigtypes.Payload) (recomputed, error)
	// provenSequence is the next sequence of a vault's account as the light client proves it, 0 where it proves none.
	provenSequence(ctx context.Context, client lightclient.Client, vault observe.Generation) (uint64, error)
}

// making is what a payload is made anew from.
type making struct {
	session multisigtypes.Session
	vault   observe.Generation
	batch   contracttypes.Batch
	outputs []multisigtypes.Output
	// asked is the chain's payload.
	asked multisigtypes.Payload
}

// payloads recomputes payloads from chain state of one height.
type payloads struct {
	node     *stafi.Node
	contract stafi.Contract
}

func (p payloads) kind() (payloadKind, error) {
	switch kindOf(p.contract) {
	case KindCosmos:
		return cosmosPayloads{contract: p.contract}, nil
	case KindEthereum:
		return ethereumPayloads{contract: p.contract}, nil
	}
	return nil, fmt.Errorf("%w: contract %d is of kind %s, which is not served", ErrPayloadVault, p.contract.Id, p.contract.Kind)
}

// recompute makes the payload of a session anew, from the vault's keys, the batch and its redemptions or its destination, and
// compares, in this order: the vault's address, contract and chain; the outputs; the fee; and at last the digest, which covers
// all the rest.
func (p payloads) recompute(ctx context.Context, info multisigtypes.SessionInfo) (recomputed, error) {
	kind, err := p.kind()
	if err != nil {
		return recomputed{}, err
	}
	session := info.Session
	vault, err := p.vault(kind, session)
	if err != nil {
		return recomputed{}, err
	}
	answer, err := p.node.Multisig.Session(ctx, &multisigtypes.QuerySessionRequest{Id: session.Id})
	if err != nil {
		return recomputed{}, fmt.Errorf("session: %w", err)
	}
	batch, err := p.node.Contracts.Batch(ctx, &contracttypes.QueryBatchRequest{Root: session.Root})
	if err != nil {
		return recomputed{}, fmt.Errorf("batch %d: %w", session.Root, err)
	}
	outputs, err := p.outputs(ctx, kind, info, vault, batch.Batch)
	if err != nil {
		return recomputed{}, err
	}
	made := making{session: session, vault: vault, batch: batch.Batch, outputs: outputs, asked: answer.Payload}
	payload, err := kind.remake(made)
	if errors.Is(err, ErrPayloadFee) {
		payload, err = p.remakeAsOpened(ctx, made)
	}
	if err != nil {
		return recomputed{}, err
	}
	return payload, payload.isOf(session)
}

// remakeAsOpened makes a payload whose fee is refused by the contract's figures of now by those of the block in which its attempt was opened:
// governance may have cut them since, and what was right then is still to be signed.
func (p payloads) remakeAsOpened(ctx context.Context, made making) (recomputed, error) {
	opened := made.session.Opened
	answer, err := p.node.Contracts.Contract(stafi.At(ctx, opened), &contracttypes.QueryContractRequest{Id: p.contract.Id})
	if err != nil {
		return recomputed{}, fmt.Errorf("%w: not by the figures of now, and those of height %d: %w", ErrPayloadFee, opened, err)
	}
	p.contract.Contract = answer.Info.Contract
	kind, err := p.kind()
	if err != nil {
		return recomputed{}, err
	}
	return kind.remake(made)
}

// isOf compares the digest with the session's.
func (r recomputed) isOf(session multisigtypes.Session) error {
	if len(session.Digests) != 1 || string(session.Digests[0]) != string(r.digest[:]) {
		return fmt.Errorf("%w: session %d asks for %X, want %X", ErrPayloadDigest, session.Id, session.Digests, r.digest)
	}
	return nil
}

// effectOf names what a payload does by its parts.
func effectOf(purpose multisigtypes.Purpose, denom string, outputs []multisigtypes.Output, more ...string) string {
	effect := sha256.New()
	_, _ = fmt.Fprintf(effect, "%s/%s", purpose, denom)
	for _, output := range outputs {
		_, _ = fmt.Fprintf(effect, "/%s=%s", output.Address, output.Amount)
	}
	for _, one := range more {
		_, _ = fmt.Fprintf(effect, "/%s", one)
	}
	return hex.EncodeToString(effect.Sum(nil))
}

// vault is the session's, its address derived from its keys anew.
func (p payloads) vault(kind payloadKind, session multisigtypes.Session) (observe.Generation, error) {
	vault, ok := p.contract.Generation(session.Vault)
	if !ok || session.Contract != p.contract.Id {
		return vault, fmt.Errorf("%w: session %d is of vault %d and contract %d, want a vault of contract %d",
			ErrPayloadVault, session.Id, session.Vault, session.Contract, p.contract.Id)
	}
	return vault, p.checkAddress(kind, vault)
}

func (p payloads) checkAddress(kind payloadKind, generation observe.Generation) error {
	vault := generation.Vault
	address, err := kind.address(generation)
	if err != nil {
		return fmt.Errorf("%w: keys of vault %d: %w", ErrPayloadVault, vault.Id, err)
	}
	if vault.Address != address || vault.ChainId != p.contract.ChainId || vault.Contract != p.contract.Id {
		return fmt.Errorf("%w: vault %d of contract %d is %s on %s, want %s on %s for contract %d",
			ErrPayloadVault, vault.Id, vault.Contract, vault.Address, vault.ChainId, address, p.contract.ChainId, p.contract.Id)
	}
	return nil
}

func (p payloads) outputs(
	ctx context.Context, kind payloadKind, info multisigtypes.SessionInfo, vault observe.Generation, batch contracttypes.Batch,
) ([]multisigtypes.Output, error) {
	session := info.Session
	if batch.Vault != session.Vault || batch.Contract != session.Contract || batch.Purpose != session.Purpose {
		return nil, fmt.Errorf("%w: batch %d is of vault %d, contract %d, purpose %s; session %d wants %d, %d, %s", ErrPayloadOutputs,
			batch.Root, batch.Vault, batch.Contract, batch.Purpose, session.Id, session.Vault, session.Contract, session.Purpose)
	}
	switch session.Purpose {
	case multisigtypes.PURPOSE_PAYOUT:
		return p.payout(ctx, batch, info.Tally.Status == multisigtypes.SESSION_STATUS_PROVEN)
	case multisigtypes.PURPOSE_HANDOVER, multisigtypes.PURPOSE_SWEEP:
		return p.move(kind, vault, batch)
	}
	return nil, fmt.Errorf("%w: unknown purpose %s", ErrPayloadOutputs, session.Purpose)
}

// payout has one output for each item of the batch, in its order, to the recipient that the redeemer named. What an executed
// payout paid is in the redemption's figure of what was paid already.
func (p payloads) payout(ctx context.Context, batch contracttypes.Batch, executed bool) ([]multisigtypes.Output, error) {
	total := math.ZeroInt()
	outputs := make([]multisigtypes.Output, 0, len(batch.Items))
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
		outputs = append(outputs, multisigtypes.Output{Address: redemption.Recipient, Amount: item.Amount})
	}
	if !total.Equal(batch.Total) {
		return nil, fmt.Errorf("%w: items make %s, batch %d says %s", ErrPayloadOutputs, total, batch.Root, batch.Total)
	}
	return outputs, nil
}

// move is to a vault of the same contract, whose address is derived from its keys anew.
func (p payloads) move(kind payloadKind, vault observe.Generation, batch contracttypes.Batch) ([]multisigtypes.Output, error) {
	destination, ok := p.contract.Generation(batch.Destination)
	if !ok || batch.Destination == batch.Vault {
		return nil, fmt.Errorf("%w: destination %d is no other vault of contract %d", ErrPayloadOutputs, batch.Destination, p.contract.Id)
	}
	if err := p.checkAddress(kind, destination); err != nil {
		return nil, err
	}
	return kind.move(vault, destination, batch)
}
