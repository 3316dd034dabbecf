package ethereumlife

import (
	"context"
	"crypto/ecdsa"
	"encoding/base64"
	"fmt"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/crypto"

	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// claim lets the sender of a plain payment say who gets its rTokens, after a stranger tried.
func (l *Life) claim(ctx context.Context) error {
	plain := l.plain
	stranger, err := crypto.GenerateKey()
	if err != nil {
		return err
	}
	err = l.claimWith(ctx, stranger, plain)
	if err := l.report.ExpectRefusal("claim of a plain payment by a key that did not send it", err, "wanted one by the sender"); err != nil {
		return err
	}
	if err := l.claimWith(ctx, outsider.Key, plain); err != nil {
		return err
	}
	l.books.Claim(plain.hash, plain.index, l.user(friend))
	plain.want = contracttypes.DEPOSIT_STATUS_MINTED
	if _, err := l.awaitDeposit(ctx, plain); err != nil {
		return err
	}
	l.report.Say("plain payment %s claimed for a friend by personal_sign of the key that sent it", plain.hash)
	return l.expectRTokens(ctx, friend, sum(secondDeposit, plainPayment))
}

func (l *Life) claimWith(ctx context.Context, key *ecdsa.PrivateKey, payment deposited) error {
	hash := fmt.Sprintf("%x", payment.hash)
	var answer struct {
		Text string `json:"text"`
	}
	if err := l.stafi.Query(ctx, &answer, "stakingcontract claim-text", fmt.Sprint(l.contract), hash, fmt.Sprint(payment.index), l.user(friend)); err != nil {
		return err
	}
	want := fmt.Sprintf("stafi/claim/v1 %s %d/%s/%d %s", l.stafi.ID, l.contract, hash, payment.index, l.user(friend))
	if answer.Text != want {
		return fmt.Errorf("%w: claim text %q, want %q", errUnexpected, answer.Text, want)
	}
	signature, err := crypto.Sign(accounts.TextHash([]byte(answer.Text)), key)
	if err != nil {
		return err
	}
	signature[crypto.RecoveryIDOffset] += 27 // as wallets write it
	base := base64.StdEncoding.EncodeToString
	_, err = l.stafi.Tx(ctx, l.stafi.Users[friend], "stakingcontract claim", fmt.Sprint(l.contract), base(payment.hash[:]), fmt.Sprint(payment.index),
		l.user(friend), base(crypto.CompressPubkey(&key.PublicKey)), base(signature))
	return err
}
