package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// SubmitSignatures records an operator's signatures on a session and says whether they were counted, and the count. A wrong one is
// recorded without an error (protocol §7): an error would roll the record back. What it reads and writes does not grow with M.
// Errors, in the order of the checks: ErrSessionNotFound, ErrSessionClosed, ErrNotMember, ErrSignatureCount, ErrSignatureLength,
// ErrAlreadySigned, ErrTooManyWrong.
func (k Keeper) SubmitSignatures(ctx context.Context, id uint64, operator string, signatures [][]byte) (accepted bool, count uint32, err error) {
	session, err := k.sessions.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return false, 0, types.ErrSessionNotFound.Wrapf("%d", id)
	}
	if err != nil {
		return false, 0, err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if !session.TakesSignatures(height) {
		return false, 0, types.ErrSessionClosed.Wrapf("session %d at height %d, want at most %d", id, height, session.Expires)
	}
	signer, err := k.signers.Get(ctx, collections.Join(session.Vault, operator))
	if errors.Is(err, collections.ErrNotFound) {
		return false, 0, types.ErrNotMember.Wrapf("operator %s, vault %d", operator, session.Vault)
	}
	if err != nil {
		return false, 0, err
	}
	valid, err := k.verifySignatures(ctx, session, signer, signatures)
	if err != nil {
		return false, 0, err
	}
	if !valid {
		return k.recordWrong(ctx, session, signer)
	}
	return k.recordSignatures(ctx, session, signer, types.MemberSignature{Signatures: signatures, Height: height})
}

// verifySignatures checks the shape, charges signature_gas for each digest and verifies every signature.
func (k Keeper) verifySignatures(ctx context.Context, session types.Session, signer types.Signer, signatures [][]byte) (bool, error) {
	kind, err := kindOf(session.Kind)
	if err != nil {
		return false, err
	}
	if len(signatures) != len(session.Digests) {
		return false, types.ErrSignatureCount.Wrapf("%d, want %d", len(signatures), len(session.Digests))
	}
	for i, signature := range signatures {
		if len(signature) != kind.signatureSize() {
			return false, types.ErrSignatureLength.Wrapf("signature %d has %d bytes, want %d", i, len(signature), kind.signatureSize())
		}
	}
	signed, err := k.signatures.Has(ctx, collections.Join(session.Id, signer.Index))
	if err != nil {
		return false, err
	}
	if signed {
		return false, types.ErrAlreadySigned.Wrapf("operator %s, session %d", signer.Operator, session.Id)
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return false, err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(params.SignatureGas*uint64(len(signatures)), "multisig signature verification")
	for i, signature := range signatures {
		if !kind.validSignature(signer.Key, session.Digests[i], signature) {
			return false, nil
		}
	}
	return true, nil
}

func (k Keeper) recordSignatures(ctx context.Context, session types.Session, signer types.Signer, s types.MemberSignature) (bool, uint32, error) {
	before, err := k.tallies.Get(ctx, session.Id)
	if err != nil {
		return false, 0, err
	}
	after := before
	s.Ordinal = after.Add(session.Threshold, s.Height)
	if err := k.signatures.Set(ctx, collections.Join(session.Id, signer.Index), s); err != nil {
		return false, 0, err
	}
	if err := k.saveTally(ctx, session, before, after); err != nil {
		return false, 0, err
	}
	return true, after.Signatures, emitSignatures(ctx, session.Id, signer.Operator, true)
}

func (k Keeper) recordWrong(ctx context.Context, session types.Session, signer types.Signer) (bool, uint32, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return false, 0, err
	}
	key := collections.Join(session.Id, signer.Index)
	wrong, err := k.wrongCount(ctx, key)
	if err != nil {
		return false, 0, err
	}
	if wrong >= params.MaxWrongPerSession {
		return false, 0, types.ErrTooManyWrong.Wrapf("operator %s, session %d: %d recorded, want at most %d",
			signer.Operator, session.Id, wrong, params.MaxWrongPerSession)
	}
	if err := k.wrongs.Set(ctx, key, wrong+1); err != nil {
		return false, 0, err
	}
	tally, err := k.tallies.Get(ctx, session.Id)
	if err != nil {
		return false, 0, err
	}
	return false, tally.Signatures, emitSignatures(ctx, session.Id, signer.Operator, false)
}

func (k Keeper) wrongCount(ctx context.Context, key collections.Pair[uint64, uint32]) (uint32, error) {
	wrong, err := k.wrongs.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	return wrong, err
}

func emitSignatures(ctx context.Context, session uint64, operator string, accepted bool) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(
		&types.EventSignatures{Session: session, Operator: operator, Accepted: accepted})
}

// MemberSignature returns what the signer at an index of the vault signed in a session, nil where nothing, and how many wrong
// signatures of it were recorded.
func (k Keeper) MemberSignature(ctx context.Context, session uint64, index uint32) (*types.MemberSignature, uint32, error) {
	key := collections.Join(session, index)
	wrong, err := k.wrongCount(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	signature, err := k.signatures.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, wrong, nil
	}
	return &signature, wrong, err
}

// SignedTransaction returns the complete original-chain transaction of a session that reached its threshold, and its hash in that
// chain's notation. It is made of the first N signatures by ordinal, so its bytes never change. Errors: ErrSessionNotFound,
// ErrSessionNotSigned.
func (k Keeper) SignedTransaction(ctx context.Context, id uint64) (transaction []byte, hash string, err error) {
	session, tally, err := k.Session(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if tally.Signatures < session.Threshold {
		return nil, "", types.ErrSessionNotSigned.Wrapf("session %d has %d signatures, want %d", id, tally.Signatures, session.Threshold)
	}
	vault, err := k.Vault(ctx, session.Vault)
	if err != nil {
		return nil, "", err
	}
	signers, err := k.VaultSigners(ctx, vault.Id)
	if err != nil {
		return nil, "", err
	}
	first, err := k.firstSignatures(ctx, session)
	if err != nil {
		return nil, "", err
	}
	payload, err := k.payloads.Get(ctx, id)
	if err != nil {
		return nil, "", err
	}
	kind, err := kindOf(vault.Kind)
	if err != nil {
		return nil, "", err
	}
	return kind.transaction(payload, vault, signers, first)
}

// firstSignatures are those with ordinals below the threshold, by index.
func (k Keeper) firstSignatures(ctx context.Context, session types.Session) ([]memberSignature, error) {
	var first []memberSignature
	err := k.signatures.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint32](session.Id),
		func(key collections.Pair[uint64, uint32], signature types.MemberSignature) (bool, error) {
			if signature.Ordinal < session.Threshold {
				first = append(first, memberSignature{index: key.K2(), MemberSignature: signature})
			}
			return false, nil
		})
	return first, err
}

// HasSigned says whether an operator's valid signatures on a session are recorded; not of one that is no member of the session's vault.
func (k Keeper) HasSigned(ctx context.Context, id uint64, operator string) (bool, error) {
	session, _, err := k.Session(ctx, id)
	if err != nil {
		return false, err
	}
	index, found, err := k.SignerIndex(ctx, session.Vault, operator)
	if err != nil || !found {
		return false, err
	}
	return k.signatures.Has(ctx, collections.Join(id, index))
}
