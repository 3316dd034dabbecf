package simulation

import (
	"context"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
)

// Members says what this module does not know of the members of vaults.
type Members interface {
	// Submitter returns the account that an operator's relayer sends from.
	Submitter(ctx context.Context, operator string) (sdk.AccAddress, error)
	// Key returns the private key of a signer, nil where it is not known.
	Key(signer types.Signer) cryptotypes.PrivKey
}

// MsgSubmitSignaturesFactory has a member sign a session that it has not signed; now and then with a wrong signature.
func MsgSubmitSignaturesFactory(query types.QueryServer, members Members) simsx.SimMsgFactoryFn[*types.MsgSubmitSignatures] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSubmitSignatures) {
		session, signer := anyPending(ctx, data, reporter, query)
		if reporter.IsSkipped() {
			return nil, nil
		}
		key := members.Key(signer)
		submitter, err := members.Submitter(ctx, signer.Operator)
		if key == nil || err != nil {
			reporter.Skipf("the key or submitter of %s is not known: %v", signer.Operator, err)
			return nil, nil
		}
		from := data.GetAccountbyAccAddr(reporter, submitter)
		document, err := cosmos.SignBytes(session.Payload.CosmosPayload().Plain())
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		if data.Rand().Intn(20) == 0 {
			document = append(document, ' ')
		}
		signature, err := key.Sign(document)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		return []simsx.SimAccount{from}, &types.MsgSubmitSignatures{
			Submitter: from.AddressBech32, Session: session.Session.Id, Signatures: [][]byte{signature},
		}
	}
}

// anyPending returns a live session and one of its signers that has not signed.
func anyPending(
	ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, query types.QueryServer,
) (*types.QuerySessionResponse, types.Signer) {
	live, err := query.LiveSessions(ctx, &types.QueryLiveSessionsRequest{})
	if err != nil || len(live.Sessions) == 0 {
		reporter.Skip("no live session")
		return nil, types.Signer{}
	}
	chosen := simsx.OneOf(data.Rand(), live.Sessions).Session
	session, err := query.Session(ctx, &types.QuerySessionRequest{Id: chosen.Id})
	if err != nil || !chosen.TakesSignatures(sdk.UnwrapSDKContext(ctx).BlockHeight()+1) {
		reporter.Skipf("session %d takes no signatures: %v", chosen.Id, err)
		return nil, types.Signer{}
	}
	vault, err := query.Vault(ctx, &types.QueryVaultRequest{Id: chosen.Vault})
	if err != nil {
		reporter.Skip(err.Error())
		return nil, types.Signer{}
	}
	var unsigned []types.Signer
	for i, signer := range session.Signers {
		if !signer.Signed && i < len(vault.Signers) {
			unsigned = append(unsigned, vault.Signers[i])
		}
	}
	if len(unsigned) == 0 {
		reporter.Skip("everyone has signed")
		return nil, types.Signer{}
	}
	return session, simsx.OneOf(data.Rand(), unsigned)
}
