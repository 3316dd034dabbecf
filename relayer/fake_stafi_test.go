package relayer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtbytes "github.com/cometbft/cometbft/libs/bytes"
	"github.com/cometbft/cometbft/p2p"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	errorsmod "cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	txtypes "github.com/cosmos/cosmos-sdk/types/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	stafiChain = "stafi-test-1"
	// refusedCode is what the fake chain answers to a message that the real one would refuse.
	refusedCode = 7
)

// fakeStafi is this chain as far as a relayer sees it: a mempool, blocks, the queries of the three modules, and the effects of
// duty messages, checked as strictly as the modules do.
type fakeStafi struct {
	mu      sync.Mutex
	height  int64
	now     time.Time
	mempool [][]byte
	blocks  map[int64][][]byte
	results map[int64][]*abci.ExecTxResult
	// resultsRead counts how often the results of a block were asked for.
	resultsRead int
	nonces      map[string]bool

	operators  map[string]string // submitter -> operator
	candidates map[string]ssvtypes.CandidateInfo
	era        ssvtypes.Era
	contract   contracttypes.Contract
	state      contracttypes.ContractState
	vaults     map[uint64]multisigtypes.Vault
	signers    map[uint64][]multisigtypes.Signer
	ledgers    map[uint64]contracttypes.Ledger
	sessions   map[uint64]*fakeSession
	batches    map[uint64]contracttypes.Batch
	redeemed   map[uint64]contracttypes.Redemption
	proposals  []contracttypes.ProposalInfo
	balance    sdk.Coin
	round      *fakeRound
	calls      fakeCalls

	// formerly is what the contract was at a height.
	formerly map[string]*contracttypes.Contract
	// executed are the duty messages that took effect, one line each.
	executed []string
	// observed are the events of accepted observations; acceptAt votes accept one, 0: none ever is.
	observed []string
	acceptAt int
	// down: the node answers nothing.
	down bool
	// full: only every n-th block has room; 0: every one.
	full int64
	// failed counts the transactions that blocks refused.
	failed int
	// failBroadcast is what the node answers to every transaction.
	failBroadcast error
	outOfGas      int
	dropMempool   bool
}

type fakeSession struct {
	session multisigtypes.Session
	tally   multisigtypes.Tally
	payload multisigtypes.Payload
	signed  map[string][]byte
}

func newFakeStafi() *fakeStafi {
	return &fakeStafi{
		height: 100, now: time.Unix(1_700_000_000, 0).UTC(), blocks: map[int64][][]byte{}, results: map[int64][]*abci.ExecTxResult{},
		nonces: map[string]bool{}, operators: map[string]string{}, candidates: map[string]ssvtypes.CandidateInfo{},
		vaults: map[uint64]multisigtypes.Vault{}, signers: map[uint64][]multisigtypes.Signer{},
		ledgers: map[uint64]contracttypes.Ledger{}, sessions: map[uint64]*fakeSession{}, batches: map[uint64]contracttypes.Batch{},
		redeemed: map[uint64]contracttypes.Redemption{}, balance: sdk.NewInt64Coin("ufis", 5_000_000),
		era: ssvtypes.Era{Number: 1, StartHeight: 90, HeartbeatInterval: 50},
	}
}

// node connects to the fake chain by its RPC and by real gRPC over memory.
func (f *fakeStafi) node(t *testing.T, rpc stafi.RPC) *stafi.Node {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.ForceServerCodec(stafi.NewCodec().GRPCCodec()))
	multisigtypes.RegisterQueryServer(server, fakeMultisig{f: f})
	ssvtypes.RegisterQueryServer(server, fakeSSV{f: f})
	contracttypes.RegisterQueryServer(server, fakeContracts{f: f})
	authtypes.RegisterQueryServer(server, fakeAuth{f: f})
	banktypes.RegisterQueryServer(server, fakeBank{f: f})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///fake", stafi.CodecOption(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return stafi.NewNode(stafiChain, rpc, conn)
}

// nextBlock executes the mempool.
func (f *fakeStafi) nextBlock() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.height++
	f.now = f.now.Add(time.Second)
	txs := f.mempool
	switch {
	case f.full > 0 && f.height%f.full != 0:
		txs = nil
	case f.dropMempool:
		txs, f.mempool = nil, nil
	default:
		f.mempool = nil
	}
	f.blocks[f.height] = txs
	for _, raw := range txs {
		result := f.deliver(raw)
		if result.Code != 0 {
			f.failed++
		}
		f.results[f.height] = append(f.results[f.height], result)
	}
	f.acceptProposals()
	if f.round != nil {
		f.round.end(f.height)
	}
}

func (f *fakeStafi) deliver(raw []byte) *abci.ExecTxResult {
	body, nonce, err := f.check(raw)
	if err != nil {
		return err
	}
	f.nonces[nonce] = true
	if f.outOfGas > 0 {
		f.outOfGas--
		return &abci.ExecTxResult{Codespace: "sdk", Code: 11, Log: "out of gas"}
	}
	for _, packed := range body.Messages {
		line, err := f.execute(packed.TypeUrl, packed.Value, true)
		if err != nil {
			codespace, code := codeOf(err)
			return &abci.ExecTxResult{Codespace: codespace, Code: code, Log: err.Error()}
		}
		f.executed = append(f.executed, line)
	}
	return &abci.ExecTxResult{}
}

// codeOf is an error's code on the real chain, where it has one.
func codeOf(err error) (codespace string, code uint32) {
	var registered *errorsmod.Error
	if errors.As(err, &registered) {
		return registered.Codespace(), registered.ABCICode()
	}
	return "fake", refusedCode
}

// check is the ante handler: an unordered transaction with a timeout that is unique and not past.
func (f *fakeStafi) check(raw []byte) (txtypes.TxBody, string, *abci.ExecTxResult) {
	var tx txtypes.TxRaw
	var body txtypes.TxBody
	var auth txtypes.AuthInfo
	fail := func(text string) (txtypes.TxBody, string, *abci.ExecTxResult) {
		return body, "", &abci.ExecTxResult{Codespace: "sdk", Code: 18, Log: text}
	}
	if proto.Unmarshal(raw, &tx) != nil || proto.Unmarshal(tx.BodyBytes, &body) != nil || proto.Unmarshal(tx.AuthInfoBytes, &auth) != nil {
		return fail("undecodable")
	}
	if !body.Unordered || body.TimeoutTimestamp == nil || body.TimeoutTimestamp.Before(f.now) || auth.SignerInfos[0].Sequence != 0 {
		return fail("no unordered transaction, or past its timeout")
	}
	if body.TimeoutTimestamp.After(f.now.Add(10 * time.Minute)) {
		return fail("timeout too far ahead")
	}
	nonce := fmt.Sprintf("%X/%d", auth.SignerInfos[0].PublicKey.Value, body.TimeoutTimestamp.UnixNano())
	if f.nonces[nonce] {
		return fail("nonce used")
	}
	return body, nonce, nil
}

// execute applies a duty message, or only checks it.
func (f *fakeStafi) execute(url string, value []byte, apply bool) (string, error) {
	switch url {
	case "/stafi.ssv.v1.MsgHeartbeat":
		var msg ssvtypes.MsgHeartbeat
		return f.executeHeartbeat(msg, proto.Unmarshal(value, &msg), &msg, apply)
	case "/stafi.stakingcontract.v1.MsgSubmitRPCReceipts":
		var msg contracttypes.MsgSubmitRPCReceipts
		return f.executeReceipts(proto.Unmarshal(value, &msg), &msg, apply)
	case "/stafi.multisig.v1.MsgSubmitSignatures":
		var msg multisigtypes.MsgSubmitSignatures
		return f.executeSignatures(proto.Unmarshal(value, &msg), &msg, apply)
	case "/stafi.stakingcontract.v1.MsgObserve":
		var msg contracttypes.MsgObserve
		return f.executeObserve(proto.Unmarshal(value, &msg), &msg, apply)
	case "/stafi.stakingcontract.v1.MsgAttest":
		var msg contracttypes.MsgAttest
		return f.executeAttest(proto.Unmarshal(value, &msg), &msg, apply)
	}
	// A simulation sees the state after the newest block; so does a message of the next one, but for its height.
	return f.executeRound(url, value, f.height, apply)
}

func (f *fakeStafi) executeHeartbeat(_ ssvtypes.MsgHeartbeat, err error, msg *ssvtypes.MsgHeartbeat, apply bool) (string, error) {
	operator, known := f.operators[msg.Submitter]
	if err != nil || !known {
		return "", fmt.Errorf("heartbeat of %q: %w", msg.Submitter, err)
	}
	if apply {
		info := f.candidates[operator]
		info.Heartbeat = &ssvtypes.Heartbeat{Operator: operator, Height: f.height, Chains: msg.Chains, Version: msg.Version}
		f.candidates[operator] = info
	}
	return "heartbeat " + operator, msg.Validate()
}

func (f *fakeStafi) touch(operator string) {
	info := f.candidates[operator]
	info.Heartbeat = &ssvtypes.Heartbeat{Operator: operator, Height: f.height}
	f.candidates[operator] = info
}

func (f *fakeStafi) executeSignatures(err error, msg *multisigtypes.MsgSubmitSignatures, apply bool) (string, error) {
	operator := f.operators[msg.Submitter]
	found := f.sessions[msg.Session]
	if err != nil || found == nil || len(msg.Signatures) != 1 || f.height > found.session.Expires {
		return "", fmt.Errorf("session %d is not open", msg.Session)
	}
	signers := f.signers[found.session.Vault]
	me, member := stafi.Index(signers, operator)
	if !member || found.signed[operator] != nil {
		return "", fmt.Errorf("%s is no member or has signed", operator)
	}
	verify := vaultcosmos.VerifySignature
	if found.payload.EthereumPayload() != nil {
		verify = vaultethereum.VerifySignature
	}
	if !verify(signers[me].Key, found.session.Digests[0], msg.Signatures[0]) {
		return "wrong signature of " + operator, nil
	}
	if apply {
		f.touch(operator)
		found.signed[operator] = msg.Signatures[0]
		found.tally.Add(found.session.Threshold, f.height)
	}
	return fmt.Sprintf("signature %d %s", msg.Session, operator), nil
}

func (f *fakeStafi) executeObserve(err error, msg *contracttypes.MsgObserve, apply bool) (string, error) {
	operator := f.operators[msg.Submitter]
	if err != nil || msg.Observation.From != f.state.ObservedHeight || msg.Observation.FromIndex != f.state.ObservedIndex {
		return "", fmt.Errorf("range from %d, want %d", msg.Observation.From, f.state.ObservedHeight)
	}
	for _, info := range f.proposals {
		if info.Proposal.Proposer == operator {
			return "", fmt.Errorf("%s has an open proposal", operator)
		}
	}
	if apply {
		f.touch(operator)
		f.propose(msg.Observation, operator)
	}
	return fmt.Sprintf("observe %d-%d %d events %s", msg.Observation.From, msg.Observation.To, len(msg.Observation.Events), operator), nil
}

func (f *fakeStafi) propose(observation contracttypes.Observation, operator string) contracttypes.ProposalInfo {
	hash, _ := observation.Hash()
	info := contracttypes.ProposalInfo{
		Observation: observation,
		Proposal: contracttypes.Proposal{
			Hash: hash, Contract: observation.Contract, From: observation.From, To: observation.To, FromIndex: observation.FromIndex,
			ToIndex: observation.ToIndex, BlockHash: observation.BlockHash, EventCount: uint32(len(observation.Events)),
			Balances: observation.Balances, Proposer: operator, Vault: max(f.state.ActiveVault, f.state.PendingVault),
			Height: f.height, Deadline: f.height + 100, Agreed: 1, Status: contracttypes.OBSERVATION_STATUS_PROPOSED,
		},
		Votes: []contracttypes.Vote{{Hash: hash, Operator: operator, Agree: true}},
	}
	f.proposals = append(f.proposals, info)
	return info
}

// reject drops a proposal, as the chain does at the N-th rejection.
func (f *fakeStafi) reject(info contracttypes.ProposalInfo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.proposals = slices.DeleteFunc(f.proposals, func(p contracttypes.ProposalInfo) bool {
		return bytes.Equal(p.Proposal.Hash, info.Proposal.Hash)
	})
}

func (f *fakeStafi) executeAttest(err error, msg *contracttypes.MsgAttest, apply bool) (string, error) {
	operator := f.operators[msg.Submitter]
	i := slices.IndexFunc(f.proposals, func(p contracttypes.ProposalInfo) bool { return bytes.Equal(p.Proposal.Hash, msg.Hash) })
	if err != nil || i < 0 {
		return "", fmt.Errorf("no proposal %X", msg.Hash)
	}
	for _, vote := range f.proposals[i].Votes {
		if vote.Operator == operator {
			return "", fmt.Errorf("%s has voted", operator)
		}
	}
	if apply {
		f.touch(operator)
		f.proposals[i].Votes = append(f.proposals[i].Votes, contracttypes.Vote{Hash: msg.Hash, Operator: operator, Agree: msg.Agree})
	}
	return fmt.Sprintf("attest %v %s", msg.Agree, operator), nil
}

// acceptProposals applies the first proposal that acceptAt members agreed to, and drops the others.
func (f *fakeStafi) acceptProposals() {
	for _, info := range f.proposals {
		if f.acceptAt == 0 || len(info.Votes) < f.acceptAt {
			continue
		}
		f.accept(info.Observation)
		f.proposals = nil
		return
	}
}

func (f *fakeStafi) accept(observation contracttypes.Observation) {
	f.state.ObservedHeight, f.state.ObservedIndex, f.state.ObservedHash = observation.To, 0, observation.BlockHash
	if observation.Partial() {
		f.state.ObservedHeight, f.state.ObservedIndex, f.state.ObservedHash = observation.To-1, observation.ToIndex, nil
	}
	f.state.Observations++
	f.state.ObservedAt = f.height
	for _, balance := range observation.Balances {
		ledger := f.ledgers[balance.Vault]
		ledger.Balance = balance.Amount
		f.ledgers[balance.Vault] = ledger
	}
	for _, event := range observation.Events {
		f.apply(event)
	}
}

func (f *fakeStafi) apply(event contracttypes.Event) {
	switch kind := event.Kind.(type) {
	case *contracttypes.Event_Deposit:
		f.observed = append(f.observed, fmt.Sprintf("deposit of %s with memo %q", kind.Deposit.Amount, kind.Deposit.Memo))
	case *contracttypes.Event_Account:
		vault := f.vaults[kind.Account.Vault]
		vault.AccountKnown, vault.AccountNumber = true, kind.Account.Number
		f.vaults[vault.Id] = vault
		f.observed = append(f.observed, fmt.Sprintf("account of vault %d, plain %v", vault.Id, kind.Account.Plain))
	case *contracttypes.Event_Surplus:
		f.observed = append(f.observed, fmt.Sprintf("surplus of %s", kind.Surplus.Amount))
	case *contracttypes.Event_Outflow:
		f.observed = append(f.observed, fmt.Sprintf("outflow of %s", kind.Outflow.Amount))
	case *contracttypes.Event_Sequence:
		f.follow(kind.Sequence.Vault, kind.Sequence.Sequence)
		f.observed = append(f.observed, fmt.Sprintf("sequence %d", kind.Sequence.Sequence))
	case *contracttypes.Event_Execution:
		f.follow(kind.Execution.Vault, f.sessions[kind.Execution.Session].session.Sequence+1)
		f.sessions[kind.Execution.Session].tally.Prove()
		f.observed = append(f.observed, fmt.Sprintf("execution of session %d, success %v", kind.Execution.Session, kind.Execution.Success))
	default:
		f.observed = append(f.observed, event.String())
	}
}

// follow records a vault's next sequence.
func (f *fakeStafi) follow(id, sequence uint64) {
	vault := f.vaults[id]
	vault.Sequence = sequence
	f.vaults[id] = vault
}

// RPC of the fake node. alive is false once the process that uses it was killed.
type fakeRPC struct {
	f     *fakeStafi
	alive func() bool
}

func (r fakeRPC) Status(context.Context) (*ctypes.ResultStatus, error) {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	if r.f.down {
		return nil, errors.New("connection refused")
	}
	return &ctypes.ResultStatus{
		NodeInfo: p2p.DefaultNodeInfo{Network: stafiChain},
		SyncInfo: ctypes.SyncInfo{LatestBlockHeight: r.f.height, LatestBlockTime: r.f.now},
	}, nil
}

func (r fakeRPC) ABCIInfo(context.Context) (*ctypes.ResultABCIInfo, error) {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	return &ctypes.ResultABCIInfo{Response: abci.ResponseInfo{LastBlockHeight: r.f.height}}, nil
}

func (r fakeRPC) Block(_ context.Context, height *int64) (*ctypes.ResultBlock, error) {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	block := &cmttypes.Block{}
	block.Time = r.f.now.Add(-time.Duration(r.f.height-*height) * time.Second)
	for _, raw := range r.f.blocks[*height] {
		block.Txs = append(block.Txs, raw)
	}
	return &ctypes.ResultBlock{Block: block}, nil
}

func (r fakeRPC) BlockResults(_ context.Context, height *int64) (*ctypes.ResultBlockResults, error) {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	r.f.resultsRead++
	results := &ctypes.ResultBlockResults{TxsResults: r.f.results[*height]}
	if r.f.round != nil {
		results.FinalizeBlockEvents = r.f.round.events[*height]
	}
	return results, nil
}

func (r fakeRPC) BroadcastTxSync(_ context.Context, tx cmttypes.Tx) (*ctypes.ResultBroadcastTx, error) {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	if !r.alive() {
		return nil, errKilled
	}
	if r.f.failBroadcast != nil {
		return nil, r.f.failBroadcast
	}
	if slices.ContainsFunc(r.f.mempool, func(raw []byte) bool { return bytes.Equal(raw, tx) }) {
		return nil, fmt.Errorf("tx already exists in cache")
	}
	if _, _, refusal := r.f.check(tx); refusal != nil {
		return &ctypes.ResultBroadcastTx{Code: refusal.Code, Codespace: refusal.Codespace, Log: refusal.Log}, nil
	}
	r.f.mempool = append(r.f.mempool, tx)
	return &ctypes.ResultBroadcastTx{}, nil
}

func (r fakeRPC) ABCIQuery(_ context.Context, path string, data cmtbytes.HexBytes) (*ctypes.ResultABCIQuery, error) {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	var tx txtypes.TxRaw
	var body txtypes.TxBody
	if path != "/app/simulate" || proto.Unmarshal(data, &tx) != nil || proto.Unmarshal(tx.BodyBytes, &body) != nil {
		return nil, fmt.Errorf("unexpected query %s", path)
	}
	for _, packed := range body.Messages {
		if _, err := r.f.execute(packed.TypeUrl, packed.Value, false); err != nil {
			codespace, code := codeOf(err)
			return &ctypes.ResultABCIQuery{Response: abci.ResponseQuery{Codespace: codespace, Code: code, Log: err.Error()}}, nil
		}
	}
	value, err := codec.ProtoMarshalJSON(&sdk.SimulationResponse{GasInfo: sdk.GasInfo{GasUsed: 80_000}, Result: &sdk.Result{}}, nil)
	return &ctypes.ResultABCIQuery{Response: abci.ResponseQuery{Value: value}}, err
}
