package ante

import (
	"context"

	"cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authante "github.com/cosmos/cosmos-sdk/x/auth/ante"

	ssvkeeper "github.com/stafiprotocol/stafid/x/ssv/keeper"
)

// DutyKeeper records and refunds duty transactions; x/ssv implements it.
type DutyKeeper interface {
	TouchDuty(ctx context.Context, operator string) error
	OperatorOf(ctx context.Context, submitter sdk.AccAddress) (operator string, found bool, err error)
	RefundDuty(ctx context.Context, tx ssvkeeper.DutyTransaction) (math.Int, error)
}

// SignatureKeeper says whether an operator's valid signatures on a session are recorded; x/multisig knows.
type SignatureKeeper interface {
	HasSigned(ctx context.Context, session uint64, operator string) (bool, error)
}

// DutyDecorator does, after a transaction that consists of duty messages alone has succeeded, what their handlers don't: it records the sign of
// life, and refunds the gas that was used (protocol §12). One that failed pays and is no sign of life, and so is one with a wrong signature, with
// another message among its own, or of several submitters. It fails no transaction, and costs its sender no gas.
type DutyDecorator struct {
	duties     DutyKeeper
	signatures SignatureKeeper
	accounts   authante.AccountKeeper
}

// NewPostHandler returns what runs after a transaction's messages.
func NewPostHandler(duties DutyKeeper, signatures SignatureKeeper, accounts authante.AccountKeeper) sdk.PostHandler {
	return sdk.ChainPostDecorators(DutyDecorator{duties: duties, signatures: signatures, accounts: accounts})
}

// PostHandle does both where all is well, each by itself: what one wrote before it failed is dropped.
func (d DutyDecorator) PostHandle(ctx sdk.Context, tx sdk.Tx, simulate, success bool, next sdk.PostHandler) (sdk.Context, error) {
	if success && !simulate && ctx.ExecMode() == sdk.ExecModeFinalize {
		d.conclude(ctx, tx)
	}
	return next(ctx, tx, simulate, success)
}

func (d DutyDecorator) conclude(ctx sdk.Context, tx sdk.Tx) {
	gas := ctx.GasMeter().GasConsumed()
	ctx = ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
	found, ok, err := d.recognise(ctx, tx)
	if err != nil {
		ctx.Logger().Error("a duty transaction could not be recognised", "error", err)
	}
	if err != nil || !ok {
		return
	}
	found.gas = gas
	for _, step := range []func(sdk.Context, dutyTx) error{d.touch, d.refund} {
		cached, write := ctx.CacheContext()
		if err := step(cached, found); err != nil {
			ctx.Logger().Error("a duty transaction could not be concluded", "operator", found.operator, "error", err)
			continue
		}
		write()
	}
}

// dutyTx is a transaction of duties that all succeeded.
type dutyTx struct {
	sdk.FeeTx
	duties   []duty
	operator string
	gas      uint64
}

// recognise says whether a transaction is of duties alone, by the submitter of one operator, without a wrong signature.
func (d DutyDecorator) recognise(ctx sdk.Context, tx sdk.Tx) (found dutyTx, ok bool, err error) {
	if found.FeeTx, ok = tx.(sdk.FeeTx); !ok {
		return found, false, nil
	}
	if found.duties, ok = dutiesOf(tx.GetMsgs()); !ok {
		return found, false, nil
	}
	submitter, err := sdk.AccAddressFromBech32(found.duties[0].submitter)
	if err != nil {
		return found, false, err
	}
	if found.operator, ok, err = d.duties.OperatorOf(ctx, submitter); err != nil || !ok {
		return found, false, err
	}
	ok, err = d.allSigned(ctx, found.duties, found.operator)
	return found, ok, err
}

func (d DutyDecorator) refund(ctx sdk.Context, tx dutyTx) error {
	gas := refundableGas(tx.duties, tx.gas, len(ctx.TxBytes()), d.accounts.GetParams(ctx).TxSizeCostPerByte)
	_, err := d.duties.RefundDuty(ctx, ssvkeeper.DutyTransaction{
		Operator: tx.operator, Payer: payerOf(tx), Fee: tx.GetFee(), Gas: gas, Heartbeats: heartbeatsIn(tx.duties),
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

// allSigned says whether every signature that the transaction brought was valid: it brings
// signatures for each session once, and the operator's valid ones are recorded. A wrong one is
// recorded by a transaction that succeeds, and pays. Behind an operator's valid ones all others
// for that session fail, valid or wrong. So those that are there came with this transaction, and
// of two messages for one session that both succeeded the first was wrong.
func (d DutyDecorator) allSigned(ctx context.Context, duties []duty, operator string) (bool, error) {
	sessions := make(map[uint64]bool)
	for _, duty := range duties {
		if duty.session == 0 {
			continue
		}
		if sessions[duty.session] {
			return false, nil
		}
		sessions[duty.session] = true
		if signed, err := d.signatures.HasSigned(ctx, duty.session, operator); err != nil || !signed {
			return false, err
		}
	}
	return true, nil
}
