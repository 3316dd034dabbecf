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
// ErrNotSigner; ErrReported where the member was in this term of the vault; ErrDocument where the document does not act for the vault; ErrAsked
// where a session asked for its digest, then or since; ErrReported where the document was reported in a former term; ErrSignatureLength; ErrNotSigned where the signature does not verify in its low-S form.
func (k Keeper) ReportRogueSignature(
	ctx context.Context, vaultID uint64, operator string, document, signature []byte, reporter string,
) (digest []byte, err error) {
	vault, err := k.reportable(ctx, vaultID)
	if err != nil {
		return nil, err
	}
	signer, err := k.accused(ctx, vault, operator)
	if err != nil {
		return nil, err
	}
	if digest, err = k.rogueDigest(ctx, vault, document); err != nil {
		return nil, err
	}
	if err := k.checkUnreported(ctx, vaultID, operator, digest); err != nil {
		return nil, err
	}
	if err := k.checkSigned(ctx, vault, signer, digest, signature); err != nil {
		return nil, err
	}
	rogue := types.RogueSignature{
		Vault: vaultID, Operator: operator, Digest: digest, Signature: signature, Reporter: reporter,
		Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Era: vault.Era,
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

// accused returns the signer of an operator that was not reported before in this term of the vault.
func (k Keeper) accused(ctx context.Context, vault types.Vault, operator string) (types.Signer, error) {
	signer, err := k.signers.Get(ctx, collections.Join(vault.Id, operator))
	if errors.Is(err, collections.ErrNotFound) {
		return signer, types.ErrNotSigner.Wrapf("operator %s, vault %d", operator, vault.Id)
	}
	if err != nil {
		return signer, err
	}
	ranger := collections.NewSuperPrefixedTripleRange[uint64, string, []byte](vault.Id, operator)
	return signer, k.rogues.Walk(ctx, ranger, func(_ collections.Triple[uint64, string, []byte], before types.RogueSignature) (bool, error) {
		if before.Era == vault.Era {
			return true, reported(before)
		}
		return false, nil
	})
}

// checkUnreported refuses a document that was reported in an earlier term of the vault.
func (k Keeper) checkUnreported(ctx context.Context, vault uint64, operator string, digest []byte) error {
	before, err := k.rogues.Get(ctx, collections.Join3(vault, operator, digest))
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return reported(before)
}

func reported(before types.RogueSignature) error {
	return types.ErrReported.Wrapf("operator %s, vault %d of era %d: digest %X at height %d",
		before.Operator, before.Vault, before.Era, before.Digest, before.Height)
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
	if err := k.rogues.Set(ctx, collections.Join3(rogue.Vault, rogue.Operator, rogue.Digest), rogue); err != nil {
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
