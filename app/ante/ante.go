// Package ante is the chain of checks that a transaction passes before its messages run.
package ante

import (
	"errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authante "github.com/cosmos/cosmos-sdk/x/auth/ante"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"
)

// Options are what the checks read.
type Options struct {
	Account         authante.AccountKeeper
	Bank            authtypes.BankKeeper
	FeeGrant        authante.FeegrantKeeper
	SignModeHandler *signing.HandlerMap
}

func (o Options) validate() error {
	switch {
	case o.Account == nil:
		return errors.New("ante: no account keeper")
	case o.Bank == nil:
		return errors.New("ante: no bank keeper")
	case o.FeeGrant == nil:
		return errors.New("ante: no feegrant keeper")
	case o.SignModeHandler == nil:
		return errors.New("ante: no sign mode handler")
	}
	return nil
}

// NewHandler returns the chain of checks, in the order in which they run: cheap ones that need no state, fees, signatures.
// Unordered transactions are accepted while their timeout is at most ten minutes ahead, so a relayer with one key can submit
// for many sessions without waiting for its sequence.
func NewHandler(o Options) (sdk.AnteHandler, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return sdk.ChainAnteDecorators(
		authante.NewSetUpContextDecorator(),
		authante.NewExtensionOptionsDecorator(nil),
		authante.NewValidateBasicDecorator(),
		authante.NewTxTimeoutHeightDecorator(),
		authante.NewValidateMemoDecorator(o.Account),
		authante.NewConsumeGasForTxSizeDecorator(o.Account),
		authante.NewDeductFeeDecorator(o.Account, o.Bank, o.FeeGrant, nil),
		authante.NewSetPubKeyDecorator(o.Account),
		authante.NewValidateSigCountDecorator(o.Account),
		authante.NewSigGasConsumeDecorator(o.Account, authante.DefaultSigVerificationGasConsumer),
		authante.NewSigVerificationDecorator(o.Account, o.SignModeHandler),
		authante.NewIncrementSequenceDecorator(o.Account),
	), nil
}
