package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/stafiprotocol/stafid/app"
	"github.com/stafiprotocol/stafid/cmd/stafid/localnet"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	// eraOperators run validators; eraSize of them serve, of whom eraThreshold sign.
	eraOperators = 56
	eraSize      = 21
	eraThreshold = 15
	// eraSeconds is as long as an era of blocks of a second, eraWindow as long before its end its pool is frozen.
	eraSeconds = 300
	eraWindow  = 50
	// eraInterval of heartbeats, eraDealers deal for the seed, sessions take signatures for eraSessionBlocks.
	eraInterval      = 20
	eraDealers       = 12
	eraSessionBlocks = 6
	// nominated is what one nominator has delegated to each operator, in ufis.
	nominated = 20_000 * fis
	// clientBalance is what a client of the RPC service has to hold, in base units of the rToken.
	clientBalance = 50_000
	// eraCalls of one client count at most.
	eraCalls = 1_000
)

// ownStake is what an operator has of its own, in ufis: no two have the same, and none has whole FIS.
func ownStake(index int) int64 {
	return (60_000+int64(index*37%eraOperators)*1_000)*fis + int64(index+1)*123_457%fis
}

// wholeEra is the life of a chain in which relayers follow a script. What they sent, and what the transactions came to, is kept as the books
// by which the test predicts what the chain makes of it.
type wholeEra struct {
	*chain
	origin *ledgerChain
	// index of operators by their address.
	index map[string]int
	// mute relayers send no heartbeats; beaten is the interval of everyone's last.
	mute   map[string]bool
	beaten map[string]string
	// reluctant members: the first of them that is a dealer does not deal for the seed, and is the era's idle one.
	reluctant []string
	idle      map[uint64]string
	// evilAt is the height at which evil was punished.
	evilAt int64
	// hushed relayers send nothing by themselves.
	hushed bool
	eraBooks
}

// newWholeEra starts the chain, registers everyone and deploys the contract, all in the first era.
func newWholeEra(t *testing.T) *wholeEra {
	t.Helper()
	e := &wholeEra{
		chain: newChainOf(t, lifeApp(), eraOperators, smallNetwork, eraParams, eraStakes), origin: newLedgerChain(t, testContract().Cosmos.CheckpointHeight),
		index: map[string]int{}, mute: map[string]bool{}, beaten: map[string]string{}, idle: map[uint64]string{}, eraBooks: newEraBooks(),
	}
	for i := range e.operators {
		e.index[operator(e.operators[i])] = i
	}
	e.candidates()
	e.deployContract(eraContract())
	for range e.height {
		e.eras = append(e.eras, 1)
	}
	era, err := e.app.SSV.CurrentEra(e.context())
	require.NoError(t, err)
	e.began[1] = eraStart{height: era.StartHeight, time: era.StartTime}
	return e
}

func eraContract() stakingcontracttypes.Contract {
	contract := testContract()
	contract.Tiers = []stakingcontracttypes.Tier{{MinAssets: math.ZeroInt(), Size_: eraSize, Threshold: eraThreshold}}
	contract.MinSize, contract.Cosmos.TxSigLimit = eraSize, eraSize
	contract.Limits.MinClientBalance = math.NewInt(clientBalance)
	return contract
}

// eraParams are the protocol's faults, slashes and rewards in eras of a few minutes, and no inflation: every ufis that is made or burned is
// a reward or a slash.
func eraParams(wired *app.App, state map[string]json.RawMessage) {
	cdc, defaults := wired.Encoding().Codec, ssvtypes.DefaultParams()
	edits := []error{
		localnet.Edit(cdc, state, ssvtypes.ModuleName, func(ssv *ssvtypes.GenesisState) {
			p := &ssv.Params
			p.EraDuration, p.BeaconWindow = eraSeconds*time.Second, eraWindow*time.Second
			p.DealBlocks, p.RevealBlocks, p.BeaconSize = 10, 10, eraDealers
			p.MinBeaconShare = math.LegacyNewDecWithPrec(1, 1)
			p.MaxCandidatePower, p.MaxMissedRatio, p.WithdrawRatio = defaults.MaxCandidatePower, defaults.MaxMissedRatio, defaults.WithdrawRatio
			p.HeartbeatInterval, p.HeartbeatWindow, p.MinOnlineRate = eraInterval, 2*eraInterval, math.LegacyNewDecWithPrec(5, 1)
		}),
		localnet.Edit(cdc, state, multisigtypes.ModuleName, func(multisig *multisigtypes.GenesisState) {
			multisig.Params.SessionBlocks = eraSessionBlocks
		}),
		localnet.Edit(cdc, state, stakingcontracttypes.ModuleName, func(contracts *stakingcontracttypes.GenesisState) {
			contracts.Params.ProposePatience, contracts.Params.MaxCallsPerClient = 1, eraCalls
		}),
		localnet.Edit(cdc, state, minttypes.ModuleName, func(mint *minttypes.GenesisState) {
			zero := math.LegacyZeroDec()
			mint.Minter.Inflation, mint.Params.InflationRateChange, mint.Params.InflationMax, mint.Params.InflationMin = zero, zero, zero, zero
		}),
	}
	for _, err := range edits {
		if err != nil {
			panic(err)
		}
	}
}

// nominatorKey is the second staker's.
func nominatorKey() cryptotypes.PrivKey { return secp256k1.GenPrivKeyFromSecret([]byte{'s', 1}) }

// eraStakes gives every operator its own stake and what the nominator, the second staker, delegates.
func eraStakes(wired *app.App, state map[string]json.RawMessage) {
	cdc, extra := wired.Encoding().Codec, int64(0)
	err := localnet.Edit(cdc, state, stakingtypes.ModuleName, func(staking *stakingtypes.GenesisState) {
		nominator := account(nominatorKey()).String()
		for i := range staking.Validators {
			own := ownStake(i)
			staking.Validators[i].Tokens = math.NewInt(own + nominated)
			staking.Validators[i].DelegatorShares = math.LegacyNewDec(own + nominated)
			staking.Delegations[i].Shares = math.LegacyNewDec(own)
			staking.Delegations = append(staking.Delegations, stakingtypes.NewDelegation(
				nominator, staking.Validators[i].OperatorAddress, math.LegacyNewDec(nominated),
			))
			extra += own + nominated - selfBond
		}
	})
	if err != nil {
		panic(err)
	}
	pool := authtypes.NewModuleAddress(stakingtypes.NotBondedPoolName).String()
	err = localnet.Edit(cdc, state, banktypes.ModuleName, func(bank *banktypes.GenesisState) {
		for i, balance := range bank.Balances {
			if balance.Address == pool {
				held := balance.Coins.AmountOf(app.BondDenom).AddRaw(extra)
				bank.Balances[i].Coins = sdk.NewCoins(sdk.NewCoin(app.BondDenom, held))
			}
		}
	})
	if err != nil {
		panic(err)
	}
}

// scripted is one transaction of a script: whose, what, and whether it is to fail.
type scripted struct {
	// operator that it is of, "" where it is a staker's.
	operator string
	key      cryptotypes.PrivKey
	msg      sdk.Msg
	fails    bool
	// valid where it carries a valid signature for a session.
	valid bool
}

// relayed is a message that an operator's relayer sends.
func (e *wholeEra) relayed(operator string, msg sdk.Msg) scripted {
	return scripted{operator: operator, key: e.submitters[e.index[operator]], msg: msg}
}

func (e *wholeEra) submitter(operator string) string {
	return account(e.submitters[e.index[operator]]).String()
}

// do makes a block of what a script says, and of the heartbeats and dealings that are due.
func (e *wholeEra) do(script ...scripted) {
	e.t.Helper()
	if !e.hushed {
		script = append(script, e.dealings(script)...)
		script = append(script, e.heartbeats(script)...)
	}
	txs := make([][]byte, len(script))
	for i, s := range script {
		txs[i] = e.sign(s.key, s.msg)
	}
	e.eras = append(e.eras, e.era())
	results := e.block(txs...).TxResults
	for i, s := range script {
		failed := results[i].Code != 0
		require.Equal(e.t, s.fails, failed, "height %d: %T of %s: %s", e.height, s.msg, s.operator, results[i].Log)
		e.record(e.height, s, results[i].GasUsed)
	}
	e.look()
}

// era is the one that the next block's transactions are in.
func (e *wholeEra) era() uint64 {
	era, err := e.app.SSV.CurrentEra(e.context())
	require.NoError(e.t, err)
	return era.Number
}

// heartbeats are of those who sent none in the present interval, and nothing in this block.
func (e *wholeEra) heartbeats(script []scripted) []scripted {
	var due []scripted
	era := e.era()
	interval := fmt.Sprint(era, e.intervalOf(era, e.height+1))
	for i := range e.operators {
		text := operator(e.operators[i])
		if e.mute[text] || e.beaten[text] == interval || slices.ContainsFunc(script, func(s scripted) bool { return s.operator == text }) {
			continue
		}
		e.beaten[text] = interval
		due = append(due, e.relayed(text, beat(e.submitters[i])))
	}
	return due
}

// dealings are what dealers do for the seed in the next block.
func (e *wholeEra) dealings(script []scripted) []scripted {
	e.t.Helper()
	answer, found := e.round()
	if !found || !answer.Round.Running() {
		return nil
	}
	proofs, err := answer.Round.Context(answer.ChainId, answer.Dealers)
	require.NoError(e.t, err)
	var due []scripted
	for _, dealer := range answer.Dealers {
		if e.idle[answer.Round.Era] == "" && slices.Contains(e.reluctant, dealer.Operator) {
			e.idle[answer.Round.Era] = dealer.Operator
		}
		if e.idle[answer.Round.Era] == dealer.Operator || slices.ContainsFunc(script, func(s scripted) bool { return s.operator == dealer.Operator }) {
			continue
		}
		if dealer.Dealt() && answer.Round.Status != ssvtypes.ROUND_STATUS_REVEAL {
			continue
		}
		if msg := e.dealtMsg(e.index[dealer.Operator], proofs, dealer); msg != nil {
			due = append(due, e.relayed(dealer.Operator, msg))
		}
	}
	return due
}

// until makes empty blocks up to a height.
func (e *wholeEra) until(height int64) {
	e.t.Helper()
	for e.height < height {
		e.do()
	}
}

// look writes down what a block left: the start of an era, stakes as they were frozen, sessions that were opened.
func (e *wholeEra) look() {
	e.t.Helper()
	ctx := e.context()
	number := e.era()
	if _, known := e.began[number]; !known {
		e.began[number] = eraStart{height: e.height, time: e.time}
	}
	begin := e.began[number].time
	if _, known := e.frozen[number]; !known && !e.time.Before(begin.Add((eraSeconds-eraWindow)*time.Second)) {
		e.frozen[number] = frozenStakes{height: e.height, tokens: e.tokens()}
	}
	vaults, err := e.app.Multisig.ContractVaults(ctx, firstContract)
	require.NoError(e.t, err)
	e.seats[e.height] = map[string]bool{}
	if committee, found, err := e.app.SSV.PresentCommittee(ctx, firstContract); err == nil && found {
		for _, member := range committee.Members {
			e.seats[e.height][member.Operator] = true
		}
	}
	for _, vault := range vaults {
		e.origin.addresses[vault.Address] = vault.Id
		e.lookAtSeries(vault)
	}
}

func (e *wholeEra) lookAtSeries(vault multisigtypes.Vault) {
	e.t.Helper()
	series, found, err := e.app.Multisig.CurrentSeries(e.context(), vault.Id)
	require.NoError(e.t, err)
	if !found || slices.ContainsFunc(e.attempts, func(a *attempt) bool { return a.session.Id == series.Latest }) {
		return
	}
	session, _, err := e.app.Multisig.Session(e.context(), series.Latest)
	require.NoError(e.t, err)
	require.Equal(e.t, e.height, session.Opened)
	signers, err := e.app.Multisig.VaultSigners(e.context(), vault.Id)
	require.NoError(e.t, err)
	a := &attempt{session: session, vaultEra: vault.Era, signed: map[string]bool{}, wrong: map[string]int{}}
	for _, signer := range signers {
		a.members = append(a.members, signer.Operator)
	}
	e.attempts = append(e.attempts, a)
}

// tokens of all validators in ufis, by operator.
func (e *wholeEra) tokens() map[string]int64 {
	e.t.Helper()
	tokens := map[string]int64{}
	validators, err := e.app.Staking.GetAllValidators(e.context())
	require.NoError(e.t, err)
	for _, validator := range validators {
		tokens[validator.OperatorAddress] = validator.Tokens.Int64()
	}
	return tokens
}
