package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/testutil"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func registrationOf(t *testing.T, c *testutil.Chain) string {
	t.Helper()
	genesis, err := c.Keeper.ExportGenesis(c.Ctx)
	require.NoError(t, err)
	return genesis.String()
}

// signedBy is a proof by validator i's key over what another registration would sign.
func signedBy(i int, chainID, operator, original string) types.ChainKeyProof {
	signer := testutil.Signer(i, original)
	key := types.ChainKey{ChainId: original, Signer: signer.PubKey().Bytes()}
	proof, err := signer.Sign(types.ProofBytes(chainID, operator, original, key.Signer))
	if err != nil {
		panic(err)
	}
	return types.ChainKeyProof{Key: key, Proof: proof}
}

// highS turns a signature into the other one that is valid over the same message.
func highS(proof types.ChainKeyProof) types.ChainKeyProof {
	order := []byte{
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
		0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
	}
	high, borrow := append([]byte(nil), proof.Proof...), 0
	for i := 31; i >= 0; i-- {
		digit := int(order[i]) - int(proof.Proof[32+i]) - borrow
		borrow = 0
		if digit < 0 {
			digit, borrow = digit+256, 1
		}
		high[32+i] = byte(digit)
	}
	proof.Proof = high
	return proof
}

func TestRegistrationsThatAreRefusedChangeNothing(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(6, 100)...)
	c.Register(0, "cosmos-1", "ethereum")
	one, two := testutil.Operator(1).String(), testutil.Operator(2).String()
	stranger := testutil.Submitter(50).String()
	submitter := testutil.Submitter(1).String()
	msg := func(proofs ...types.ChainKeyProof) *types.MsgRegisterCandidate {
		return &types.MsgRegisterCandidate{Operator: one, Submitter: submitter, Chains: proofs, Beacon: testutil.BeaconProof(1, 0)}
	}
	with := func(change func(*types.ChainKeyProof)) *types.MsgRegisterCandidate {
		proof := testutil.Proof(1, "cosmos-1")
		change(&proof)
		return msg(proof)
	}
	taken := signedBy(0, testutil.ChainID, one, "cosmos-1")
	again := testutil.Proof(1, "cosmos-1")
	elsewhere := again
	elsewhere.Key.ChainId = "osmosis-1"
	for name, refused := range map[string]struct {
		msg  *types.MsgRegisterCandidate
		want error
		says string
	}{
		"an operator that is no validator": {
			&types.MsgRegisterCandidate{Operator: testutil.Operator(40).String(), Submitter: submitter}, types.ErrNotValidator, "",
		},
		"an operator that is no address":         {&types.MsgRegisterCandidate{Operator: "x"}, types.ErrNotValidator, ""},
		"an operator that is registered":         {testutil.Registration(0, "cosmos-1"), types.ErrCandidateExists, "height 1"},
		"no chain":                               {msg(), types.ErrInvalidChainKey, "0 chain keys, want from 1"},
		"a chain twice":                          {msg(again, again), types.ErrInvalidChainKey, "each chain once"},
		"one key for two chains":                 {msg(again, elsewhere), types.ErrKeyInUse, "one key per chain"},
		"a key that another operator registered": {msg(taken), types.ErrKeyInUse, testutil.Operator(0).String()},
		"a proof for another operator":           {msg(signedBy(1, testutil.ChainID, two, "cosmos-1")), types.ErrInvalidProof, one},
		"a proof for another StaFi chain":        {msg(signedBy(1, "stafi-test-2", one, "cosmos-1")), types.ErrInvalidProof, testutil.ChainID},
		"a proof for another original chain": {with(func(p *types.ChainKeyProof) {
			p.Proof = testutil.Proof(1, "cosmos-2").Proof
		}), types.ErrInvalidProof, "cosmos-1"},
		"a proof with high S":         {msg(highS(again)), types.ErrInvalidProof, "low-S"},
		"a proof of 63 bytes":         {with(func(p *types.ChainKeyProof) { p.Proof = p.Proof[:63] }), types.ErrInvalidProof, "63 bytes, want 64"},
		"a key of 32 bytes":           {with(func(p *types.ChainKeyProof) { p.Key.Signer = p.Key.Signer[:32] }), types.ErrInvalidChainKey, "32 bytes, want 33"},
		"a key that is no point":      {with(func(p *types.ChainKeyProof) { p.Key.Signer = make([]byte, 33) }), types.ErrInvalidChainKey, "cosmos-1"},
		"a chain id with a space":     {with(func(p *types.ChainKeyProof) { p.Key.ChainId = "a b" }), types.ErrInvalidChainKey, "without spaces"},
		"an endpoint that is no URL":  {with(func(p *types.ChainKeyProof) { p.Key.Endpoint = "ftp://x" }), types.ErrInvalidChainKey, "http or https"},
		"an endpoint without a host":  {with(func(p *types.ChainKeyProof) { p.Key.Endpoint = "https:" }), types.ErrInvalidChainKey, "http or https"},
		"a submitter of another":      {&types.MsgRegisterCandidate{Operator: one, Submitter: testutil.Submitter(0).String(), Chains: msg(again).Chains, Beacon: testutil.BeaconProof(1, 0)}, types.ErrSubmitterInUse, testutil.Operator(0).String()},
		"a submitter without address": {&types.MsgRegisterCandidate{Operator: one, Submitter: stranger[:9], Chains: msg(again).Chains, Beacon: testutil.BeaconProof(1, 0)}, types.ErrSubmitterNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := registrationOf(t, c)
			cached, _ := c.Ctx.CacheContext()
			_, err := c.Msgs.RegisterCandidate(cached, refused.msg)
			require.ErrorIs(t, err, refused.want)
			require.ErrorContains(t, err, refused.says)
			require.Equal(t, before, registrationOf(t, c))
		})
	}
	_, err := c.Msgs.RegisterCandidate(c.Ctx, msg(testutil.Proof(1, "ethereum"), again))
	require.NoError(t, err, "the same registration without a flaw is accepted")
	info, err := c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: one})
	require.NoError(t, err)
	require.Equal(t, "cosmos-1", info.Info.Candidate.Chains[0].ChainId, "chains are in order of id")
}

func TestOnlyABondedValidatorIsRegistered(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.CreateValidator(4, 100)
	_, err := c.Msgs.RegisterCandidate(c.Ctx, testutil.Registration(4, "cosmos-1"))
	require.ErrorIs(t, err, types.ErrNotValidator)
	require.ErrorContains(t, err, "BOND_STATUS_UNBONDED, want it bonded")
	c.Next()
	c.Register(4, "cosmos-1")
}

func TestACandidateWhoseValidatorIsRemovedLeavesTheRegisterAndItsKeysStayTied(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(5, 100)...)
	c.Register(0, "cosmos-1")
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0)))
	operator := testutil.Operator(0)
	require.NoError(t, c.Keeper.StakingHooks().AfterValidatorRemoved(c.Ctx, nil, operator))
	_, err := c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: operator.String()})
	require.ErrorContains(t, err, "not registered")
	require.False(t, excluded(c, operator.String()))
	thief := signedByKey(testutil.Signer(0, "cosmos-1"), testutil.Operator(1).String(), "cosmos-1")
	_, err = c.Msgs.RegisterCandidate(c.Ctx, &types.MsgRegisterCandidate{
		Operator: testutil.Operator(1).String(), Submitter: testutil.Submitter(1).String(), Chains: []types.ChainKeyProof{thief},
		Beacon: testutil.BeaconProof(1, 0),
	})
	require.ErrorIs(t, err, types.ErrKeyInUse)
}

func TestAnUpdateReplacesTheSubmitterAndTheKeysButTheOldKeysStayTied(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Register(0, "cosmos-1")
	operator := testutil.Operator(0).String()
	replacement := signedByKey(testutil.Signer(0, "second"), operator, "cosmos-1")
	_, err := c.Msgs.UpdateCandidate(c.Ctx, &types.MsgUpdateCandidate{
		Operator: operator, Submitter: testutil.Submitter(10).String(), Chains: []types.ChainKeyProof{replacement},
	})
	require.NoError(t, err)
	_, found, err := c.Keeper.OperatorOf(c.Ctx, testutil.Submitter(0))
	require.NoError(t, err)
	require.False(t, found, "the submitter before is free")
	got, found, err := c.Keeper.OperatorOf(c.Ctx, testutil.Submitter(10))
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, operator, got)

	thief := signedByKey(testutil.Signer(0, "cosmos-1"), testutil.Operator(1).String(), "cosmos-1")
	_, err = c.Msgs.RegisterCandidate(c.Ctx, &types.MsgRegisterCandidate{
		Operator: testutil.Operator(1).String(), Submitter: testutil.Submitter(1).String(), Chains: []types.ChainKeyProof{thief},
		Beacon: testutil.BeaconProof(1, 0),
	})
	require.ErrorIs(t, err, types.ErrKeyInUse, "even with a proof by the key")

	_, err = c.Msgs.UpdateCandidate(c.Ctx, &types.MsgUpdateCandidate{
		Operator: operator, Submitter: testutil.Submitter(0).String(), Chains: []types.ChainKeyProof{testutil.Proof(0, "cosmos-1")},
	})
	require.NoError(t, err, "an operator may go back to its own keys and submitter")
}

func signedByKey(signer *secp256k1.PrivKey, operator, chain string) types.ChainKeyProof {
	public := signer.PubKey().Bytes()
	proof, err := signer.Sign(types.ProofBytes(testutil.ChainID, operator, chain, public))
	if err != nil {
		panic(err)
	}
	return types.ChainKeyProof{Key: types.ChainKey{ChainId: chain, Signer: public}, Proof: proof}
}

// sessionDuties are two members' of a session; the second gave two wrong signatures.
func sessionDuties(first string, firstSigned bool, second string, secondSigned bool) []keeper.SessionDuty {
	return []keeper.SessionDuty{
		{Operator: first, Signed: firstSigned}, {Operator: second, Signed: secondSigned, Wrong: 2},
	}
}

func TestAnUpdateOfWhoIsNotRegisteredIsRefused(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	_, err := c.Msgs.UpdateCandidate(c.Ctx, &types.MsgUpdateCandidate{Operator: testutil.Operator(0).String()})
	require.ErrorIs(t, err, types.ErrCandidateNotFound)
}

func TestWhoResignsWithoutServingLeavesAtOnceAndMaySubmitStill(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Register(0, "cosmos-1")
	answer, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: testutil.Operator(0).String()})
	require.NoError(t, err)
	require.False(t, answer.Serving)
	_, err = c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: testutil.Operator(0).String()})
	require.ErrorContains(t, err, "not registered")
	_, found, err := c.Keeper.OperatorOf(c.Ctx, testutil.Submitter(0))
	require.NoError(t, err)
	require.True(t, found, "it may owe a handover")
	_, err = c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: testutil.Operator(0).String()})
	require.ErrorIs(t, err, types.ErrCandidateNotFound)
	c.Register(0, "cosmos-1")
}

func TestWhoResignsWhileServingLeavesWhenItServesNoMore(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(6, 100)...)
	c.Register(0, "cosmos-1")
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0)))
	resign := &types.MsgResign{Operator: testutil.Operator(0).String()}
	answer, err := c.Msgs.Resign(c.Ctx, resign)
	require.NoError(t, err)
	require.True(t, answer.Serving)
	_, err = c.Msgs.Resign(c.Ctx, resign)
	require.ErrorIs(t, err, types.ErrResigned)
	_, err = c.Msgs.UpdateCandidate(c.Ctx, &types.MsgUpdateCandidate{Operator: resign.Operator})
	require.ErrorIs(t, err, types.ErrResigned)
	info, err := c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: resign.Operator})
	require.NoError(t, err)
	require.Equal(t, []uint64{1}, info.Info.Contracts)
	require.False(t, info.Info.Eligible)

	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 1)))
	_, err = c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: resign.Operator})
	require.ErrorContains(t, err, "not registered")
}

func TestWhoRegistersAgainWhileItsResignationWaitsStays(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(6, 100)...)
	c.Register(0, "cosmos-1")
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0)))
	_, err := c.Msgs.Resign(c.Ctx, &types.MsgResign{Operator: testutil.Operator(0).String()})
	require.NoError(t, err)
	c.Register(0, "cosmos-1")
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 1)))
	_, err = c.Queries.Candidate(c.Ctx, &types.QueryCandidateRequest{Operator: testutil.Operator(0).String()})
	require.NoError(t, err)
}

func TestHeartbeatsOutOfBoundsAreRefused(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Register(0, "cosmos-1")
	submitter := testutil.Submitter(0).String()
	for name, refused := range map[string]struct {
		msg  types.MsgHeartbeat
		want error
	}{
		"an account that submits for nobody": {types.MsgHeartbeat{Submitter: testutil.Submitter(9).String()}, types.ErrSubmitterNotFound},
		"no address":                         {types.MsgHeartbeat{Submitter: "x"}, types.ErrSubmitterNotFound},
		"a long version":                     {types.MsgHeartbeat{Submitter: submitter, Version: string(make([]byte, 65))}, types.ErrInvalidHeartbeat},
		"a chain twice": {types.MsgHeartbeat{Submitter: submitter, Chains: []types.ChainHead{
			{ChainId: "a"}, {ChainId: "a"},
		}}, types.ErrInvalidHeartbeat},
		"a long hash":       {types.MsgHeartbeat{Submitter: submitter, Chains: []types.ChainHead{{ChainId: "a", Hash: make([]byte, 65)}}}, types.ErrInvalidHeartbeat},
		"33 chains":         {types.MsgHeartbeat{Submitter: submitter, Chains: make([]types.ChainHead, 33)}, types.ErrInvalidHeartbeat},
		"an empty chain id": {types.MsgHeartbeat{Submitter: submitter, Chains: make([]types.ChainHead, 1)}, types.ErrInvalidChainKey},
	} {
		t.Run(name, func(t *testing.T) {
			before := registrationOf(t, c)
			_, err := c.Msgs.Heartbeat(c.Ctx, &refused.msg)
			require.ErrorIs(t, err, refused.want)
			require.Equal(t, before, registrationOf(t, c))
		})
	}
}

func TestAHeartbeatCountsOncePerInterval(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(6, 100)...) // an interval has four blocks
	c.Register(0, "cosmos-1")
	require.NoError(t, c.Keeper.SetCommittee(c.Ctx, committee(1, 1, 0)))
	c.Next()
	account := func() types.HeartbeatAccount {
		answer, err := c.Queries.Duties(c.Ctx, &types.QueryDutiesRequest{Operator: testutil.Operator(0).String()})
		require.NoError(t, err)
		return answer.Heartbeats
	}
	for range 3 {
		c.Heartbeat(0)
		c.Next()
	}
	require.Equal(t, uint64(1), account().Due)
	require.Equal(t, uint64(1), account().Sent)
	c.Run(4)
	require.Equal(t, uint64(2), account().Due)
	require.Equal(t, uint64(1), account().Sent, "none in the second interval")
	require.NoError(t, c.Keeper.TouchDuty(c.Ctx, testutil.Operator(0).String()))
	c.RunToEra(2)
	settled, err := c.Queries.Duties(c.Ctx, &types.QueryDutiesRequest{Operator: testutil.Operator(0).String(), Era: 1})
	require.NoError(t, err)
	require.Equal(t, types.HeartbeatAccount{Era: 1, Operator: testutil.Operator(0).String(), Due: 3, Sent: 2}, settled.Heartbeats)
}

func TestDutiesAreCountedPerVaultGenerationAndEra(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(6, 100)...)
	a, b, d := testutil.Operator(0).String(), testutil.Operator(1).String(), testutil.Operator(2).String()
	require.NoError(t, c.Keeper.RecordSessionDuty(c.Ctx, 7, true, sessionDuties(a, true, b, false)))
	require.NoError(t, c.Keeper.RecordSessionDuty(c.Ctx, 7, false, sessionDuties(a, true, b, false)))
	require.NoError(t, c.Keeper.RecordObservation(c.Ctx, 7, []string{a, b, d}, []string{a}, []string{b}))
	require.NoError(t, c.Keeper.RecordObservation(c.Ctx, 8, []string{a}, nil, nil))
	duties := func(operator string) []types.DutyAccount {
		answer, err := c.Queries.Duties(c.Ctx, &types.QueryDutiesRequest{Operator: operator})
		require.NoError(t, err)
		return answer.Accounts
	}
	require.Equal(t, []types.DutyAccount{
		{Era: 1, Vault: 7, Operator: a, Required: 1, Signed: 1, Credited: 1, Observed: 1, Agreed: 1},
		{Era: 1, Vault: 8, Operator: a, Observed: 1},
	}, duties(a))
	require.Equal(t, []types.DutyAccount{{Era: 1, Vault: 7, Operator: b, Required: 1, Wrong: 2, Observed: 1, Contrary: 1}}, duties(b))
	require.Equal(t, []types.DutyAccount{{Era: 1, Vault: 7, Operator: d, Observed: 1}}, duties(d))

	cached, _ := c.Ctx.CacheContext()
	require.ErrorIs(t, c.Keeper.RecordObservation(cached, 7, []string{a}, []string{b}, nil), types.ErrInvalidObservation)
	require.ErrorIs(t, c.Keeper.RecordObservation(cached, 7, []string{a}, []string{a}, []string{a}), types.ErrInvalidObservation)
}

func TestParametersAreSetByTheAuthorityOnlyAndOnlySoundOnes(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	set := func(authority string, change func(*types.Params)) error {
		params := testutil.Params()
		change(&params)
		_, err := c.Msgs.UpdateParams(c.Ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
		return err
	}
	require.ErrorContains(t, set(testutil.Submitter(0).String(), func(*types.Params) {}), "invalid authority")
	require.ErrorIs(t, set(testutil.Authority, func(p *types.Params) { p.MinProducers = 0 }), types.ErrInvalidParams)
	err := set(testutil.Authority, func(p *types.Params) { p.ClosingEras, p.HistoryEras = 2, 5 })
	require.ErrorIs(t, err, types.ErrInvalidParams)
	require.ErrorContains(t, err, "5m0s, want more than", "five eras of a minute against 300 s")
	before, err := c.Keeper.GetParams(c.Ctx)
	require.NoError(t, err)
	require.Equal(t, testutil.Params(), before)
	require.NoError(t, set(testutil.Authority, func(p *types.Params) { p.HeartbeatInterval = 7 }))
}

func TestSubmittersCanBeLookedUp(t *testing.T) {
	c := testutil.New(t, testutil.Params(), equalStakes(4, 100)...)
	c.Register(0, "cosmos-1")
	answer, err := c.Queries.Submitter(c.Ctx, &types.QuerySubmitterRequest{Submitter: testutil.Submitter(0).String()})
	require.NoError(t, err)
	require.Equal(t, testutil.Operator(0).String(), answer.Operator)
	_, err = c.Queries.Submitter(c.Ctx, &types.QuerySubmitterRequest{Submitter: sdk.AccAddress(testutil.Operator(0)).String()})
	require.ErrorContains(t, err, "submits for no operator")
}
