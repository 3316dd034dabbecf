package e2e

import (
	"context"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
)

// badKeys lets the first operator try to register keys that are not its own, or already in use.
func (l *Life) badKeys(ctx context.Context) error {
	first, second := l.stafi.Operators[0], l.stafi.Operators[1]
	again, err := l.prove(ctx, first)
	if err != nil {
		return err
	}
	_, err = l.registerWith(ctx, first, first.Submitter.Address, again)
	if err := l.expectRefusal("registering a candidate twice", err); err != nil {
		return err
	}
	inUse, err := l.forge(ctx, second, first.Address)
	if err != nil {
		return err
	}
	if err := l.expectUpdateRefusal(ctx, first, "key that another candidate registered", inUse); err != nil {
		return err
	}
	fresh := secp256k1.GenPrivKey()
	forOther, err := possession(fresh, l.stafi.ID, second.Address, l.original.ID)
	if err != nil {
		return err
	}
	if err := l.expectUpdateRefusal(ctx, first, "proof of possession made for another operator", forOther); err != nil {
		return err
	}
	forChain, err := possession(fresh, "another-chain-1", first.Address, l.original.ID)
	if err != nil {
		return err
	}
	if err := l.expectUpdateRefusal(ctx, first, "proof of possession made for another chain", forChain); err != nil {
		return err
	}
	return l.checkRelayer(ctx, first)
}

func (l *Life) expectUpdateRefusal(ctx context.Context, operator *Operator, input string, proof keyProof) error {
	_, err := l.updateWith(ctx, operator, proof)
	return l.expectRefusal(input, err)
}
