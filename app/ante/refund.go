package ante

import (
	"context"

	"cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
)

// DutyKeeper refunds duty transactions; x/ssv implements it.
type DutyKeeper interface {
	OperatorOf(ctx context.Context, submitter sdk.AccAddress) (operator string, found bool, err error)
	RefundDuty(ctx context.Context, tx ssvkeeper.DutyTransaction) (math.Int, error)
}

// SignatureKeeper says whether an operator's valid signatures on a session are recorded; x/multisig knows.
type SignatureKeeper interface {
	HasSigned(ctx context.Context, session uint64, operator string) (bool, error)
}

// RefundDecorator refunds, after a transaction that consists of duty messages alone has succeeded, the gas that it used (protocol §12). One that
// failed pays, and so does one with a wrong signature, with another message among its own, or of several submitters. It fails no transaction,
// and costs its sender no gas.
type RefundDecorator struct {
	duties     DutyKeeper
	signatures SignatureKeeper
}

// NewPostHandler returns what runs after a transaction's messages.
func NewPostHandler(duties DutyKeeper, signatures SignatureKeeper) sdk.PostHandler {
	return sdk.ChainPostDecorators(RefundDecorator{duties: duties, signatures: signatures})
}

// PostHandle refunds where all is well. What it writes for a refund that fails in the middle is dropped.
func (d RefundDecorator) PostHandle(ctx sdk.Context, tx sdk.Tx, simulate, success bool, next sdk.PostHandler) (sdk.Context, error) {
	if success && !simulate && ctx.ExecMode() == sdk.ExecModeFinalize {
		gas := ctx.GasMeter().GasConsumed()
		cached, write := ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()).CacheContext()
		if err := d.refund(cached, tx, gas); err != nil {
			ctx.Logger().Error("a duty transaction could not be refunded", "error", err)
		} else {
			write()
		}
	}
	return next(ctx, tx, simulate, success)
}

func (d RefundDecorator) refund(ctx sdk.Context, tx sdk.Tx, gas uint64) error {
	paid, ok := tx.(sdk.FeeTx)
	if !ok {
		return nil
	}
	duties, ok := dutiesOf(tx.GetMsgs())
	if !ok {
		return nil
	}
	submitter, err := sdk.AccAddressFromBech32(duties[0].submitter)
	if err != nil {
		return err
	}
	operator, found, err := d.duties.OperatorOf(ctx, submitter)
	if err != nil || !found {
		return err
	}
	if signed, err := d.allSigned(ctx, duties, operator); err != nil || !signed {
		return err
	}
	_, err = d.duties.RefundDuty(ctx, ssvkeeper.DutyTransaction{
		Operator: operator, Payer: payerOf(paid), Fee: paid.GetFee(), Gas: gas, Heartbeats: heartbeatsIn(duties),
	})
	return err
}

// payerOf is the account that the fee was taken from.
func payerOf(tx sdk.FeeTx) sdk.AccAddress {
	if granter := tx.FeeGranter(); len(granter) > 0 {
		return granter
	}
	return tx.FeePayer()
}

// allSigned says whether every session for which the transaction brought signatures has valid ones of the operator: a wrong one is recorded
// by a transaction that succeeds, and pays. A second valid one fails, so that those that are there came with it.
func (d RefundDecorator) allSigned(ctx context.Context, duties []duty, operator string) (bool, error) {
	for _, duty := range duties {
		if duty.session == 0 {
			continue
		}
		if signed, err := d.signatures.HasSigned(ctx, duty.session, operator); err != nil || !signed {
			return false, err
		}
	}
	return true, nil
}
