package relayer

import (
	"context"
	"fmt"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// cosmosPayloads are transactions of threshold accounts.
type cosmosPayloads struct{ contract stafi.Contract }

func (c cosmosPayloads) address(generation observe.Generation) (string, error) {
	address, _, err := vaultcosmos.Address(c.contract.Cosmos.Bech32Prefix, generation.Vault.Threshold, keysOf(generation))
	return address, err
}

// keysOf are a vault's public keys in its order.
func keysOf(generation observe.Generation) [][]byte {
	keys := make([][]byte, len(generation.Signers))
	for i, signer := range generation.Signers {
		keys[i] = signer.Key
	}
	return keys
}

// move has one output: everything, to the other vault.
func (cosmosPayloads) move(_, destination observe.Generation, batch contracttypes.Batch) ([]multisigtypes.Output, error) {
	return []multisigtypes.Output{{Address: destination.Vault.Address, Amount: batch.Total}}, nil
}

func (c cosmosPayloads) remake(made making) (recomputed, error) {
	session, vault := made.session, made.vault.Vault
	asked := made.asked.CosmosPayload()
	if asked == nil {
		return recomputed{}, fmt.Errorf("%w: session %d has no payload of a Cosmos chain", ErrPayloadDigest, session.Id)
	}
	fee := sdk.NewCoin(c.contract.Denom, made.batch.Fee)
	if err := c.checkFee(asked, fee, len(made.vault.Signers)); err != nil {
		return recomputed{}, err
	}
	return c.made(session, multisigtypes.CosmosPayload{
		ChainId: c.contract.ChainId, AccountNumber: vault.AccountNumber, Sequence: session.Sequence,
		From: vault.Address, Outputs: made.outputs, Denom: c.contract.Denom, Fee: fee, GasLimit: asked.GasLimit,
		Memo: vaultcosmos.Memo(session.Id), TimeoutHeight: session.TimeoutHeight,
		MultiSend: session.Purpose == multisigtypes.PURPOSE_PAYOUT,
	})
}

func (c cosmosPayloads) asAsked(session multisigtypes.Session, vault observe.Generation, chains multisigtypes.Payload) (recomputed, error) {
	asked := chains.CosmosPayload()
	if asked == nil {
		return recomputed{}, fmt.Errorf("%w: session %d has no payload of a Cosmos chain", ErrPayloadDigest, session.Id)
	}
	payload := *asked
	payload.ChainId, payload.From, payload.AccountNumber = c.contract.ChainId, vault.Vault.Address, vault.Vault.AccountNumber
	payload.Sequence, payload.Memo, payload.TimeoutHeight = session.Sequence, vaultcosmos.Memo(session.Id), session.TimeoutHeight
	return c.made(session, payload)
}

func (cosmosPayloads) made(session multisigtypes.Session, payload multisigtypes.CosmosPayload) (recomputed, error) {
	signBytes, err := vaultcosmos.SignBytes(payload.Plain())
	if err != nil {
		return recomputed{}, fmt.Errorf("%w: %w", ErrPayloadDigest, err)
	}
	digest, err := vaultcosmos.Digest(payload.Plain())
	if err != nil {
		return recomputed{}, fmt.Errorf("%w: %w", ErrPayloadDigest, err)
	}
	return recomputed{
		digest: digest, effect: effectOf(session.Purpose, payload.Denom, payload.Outputs),
		sign: func(key Key) ([]byte, error) {
			signature, err := key.Sign(signBytes)
			if err == nil && !vaultcosmos.VerifySignature(key.PubKey.Key, digest[:], signature) {
				err = fmt.Errorf("%w: %q made a signature that does not verify", ErrKey, key.Name)
			}
			return signature, err
		},
	}, nil
}

func (cosmosPayloads) provenSequence(ctx context.Context, client lightclient.Client, vault observe.Generation) (uint64, error) {
	head, err := client.Head()
	if err != nil || head.Height < 2 {
		return 0, err
	}
	account, _, err := observe.NewLightChain(client).Account(ctx, vault.Vault.Address, uint64(head.Height-1))
	return account.Sequence, err
}

func (c cosmosPayloads) checkFee(asked *multisigtypes.CosmosPayload, fee sdk.Coin, members int) error {
	chain := c.contract.Cosmos
	gas := chain.GasBase + chain.GasPerSignature*uint64(members) + chain.GasPerOutput*uint64(len(asked.Outputs))
	bound := chain.GasPrice.MulInt(math.NewIntFromUint64(gas)).Ceil().TruncateInt().MulRaw(maxFeeFactor)
	if !asked.Fee.Equal(fee) || fee.Amount.GT(bound) {
		return fmt.Errorf("%w: %s asked, batch says %s, want at most %s", ErrPayloadFee, asked.Fee, fee, bound)
	}
	return nil
}
