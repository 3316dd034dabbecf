package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
)

// documentGas is charged for each byte of a reported document, as x/auth charges a transaction's bytes. Measured
// (BenchmarkAReportOfAMegabyteThatIsNoDocument), 5,000 bytes of the costliest JSON take as long as verifying one signature, which is 1,000 gas.
const documentGas = 10

// ReportRogueSignature records a signer's signature over a document that acts for its vault and that no session asked for, and tells the
// hooks, whose error is returned (protocol §7). The document is brought whole and hashed here: a signature that fits a digest of nothing
// can be made without the key. Errors, in this order: ErrVaultNotFound; ErrVaultStatus for a PENDING or CLOSED vault; ErrAccountUnknown;
// ErrNotSigner; ErrReported; ErrDocument where the document does not act for the vault; ErrAsked where a session asked for its digest, then
// or since; ErrSignatureLength; ErrNotSigned where the signature does not verify in its low-S form.
func (k Keeper) ReportRogueSignature(
	ctx context.Context, vaultID uint64, operator string, document, signature []byte, reporter string,
) (digest []byte, err error) {
	vault, err := k.reportable(ctx, vaultID)
	if err != nil {
		return nil, err
	}
	signer, err := k.accused(ctx, vaultID, operator)
	if err != nil {
		return nil, err
	}
	if digest, err = k.rogueDigest(ctx, vault, document); err != nil {
		return nil, err
	}
	if err := k.checkSigned(ctx, vault, signer, digest, signature); err != nil {
		return nil, err
	}
	rogue := types.RogueSignature{
		Vault: vaultID, Operator: operator, Digest: digest, Signature: signature, Reporter: reporter,
		Height: sdk.UnwrapSDKContext(ctx).BlockHeight(),
	}
	return digest, k.recordRogue(ctx, vault, rogue)
}

// reportable returns a vault whose account is known and whose members still owe it something.
func (k Keeper) reportable(ctx context.Context, id uint64) (types.Vault, error) {
	vault, err := k.Vault(ctx, id)
	if err != nil {
		return vault, err
	}
	if vault.Status != types.VAULT_STATUS_ACTIVE && vault.Status != types.VAULT_STATUS_RETIRING {
		return vault, types.ErrVaultStatus.Wrapf("vault %d is %s, want it %s or %s",
			id, vault.Status, types.VAULT_STATUS_ACTIVE, types.VAULT_STATUS_RETIRING)
	}
	kind, err := kindOf(vault.Kind)
	if err != nil {
		return vault, err
	}
	return vault, kind.ready(vault)
}

// accused returns the signer of an operator that was not reported for this vault before.
func (k Keeper) accused(ctx context.Context, vault uint64, operator string) (types.Signer, error) {
	key := collections.Join(vault, operator)
	signer, err := k.signers.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return signer, types.ErrNotSigner.Wrapf("operator %s, vault %d", operator, vault)
	}
	if err != nil {
		return signer, err
	}
	before, err := k.rogues.Get(ctx, key)
	if err == nil {
		return signer, types.ErrReported.Wrapf("operator %s, vault %d: digest %X at height %d", operator, vault, before.Digest, before.Height)
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return signer, err
	}
	return signer, nil
}

func (k Keeper) rogueDigest(ctx context.Context, vault types.Vault, document []byte) ([]byte, error) {
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(documentGas*uint64(len(document)), "reported document")
	kind, err := kindOf(vault.Kind)
	if err != nil {
		return nil, err
	}
	digest, err := kind.documentDigest(vault, document)
	if err != nil {
		return nil, err
	}
	session, asked, err := k.SessionOfDigest(ctx, digest)
	if err != nil {
		return nil, err
	}
	if asked {
		return nil, types.ErrAsked.Wrapf("digest %X, session %d", digest, session)
	}
	return digest, nil
}

func (k Keeper) checkSigned(ctx context.Context, vault types.Vault, signer types.Signer, digest, signature []byte) error {
	kind, err := kindOf(vault.Kind)
	if err != nil {
		return err
	}
	if len(signature) != kind.signatureSize() {
		return types.ErrSignatureLength.Wrapf("%d bytes, want %d", len(signature), kind.signatureSize())
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(params.SignatureGas, "reported signature")
	if !kind.validSignature(signer.Key, digest, signature) {
		return types.ErrNotSigned.Wrapf("key %X of operator %s, digest %X", signer.Key, signer.Operator, digest)
	}
	return nil
}

func (k Keeper) recordRogue(ctx context.Context, vault types.Vault, rogue types.RogueSignature) error {
	if err := k.rogues.Set(ctx, collections.Join(rogue.Vault, rogue.Operator), rogue); err != nil {
		return err
	}
	if err := sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventRogueSignature{Rogue: rogue}); err != nil {
		return err
	}
	if k.hooks == nil {
		return nil
	}
	return k.hooks.AfterRogueSignature(ctx, vault, rogue)
}
