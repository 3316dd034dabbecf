package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
)

const (
	// proposalDeposit is gov's default minimum, in ufis.
	proposalDeposit = 10_000_000
	// proposalLimit is the voting period of the small network and what a busy machine adds.
	proposalLimit = 45 * time.Second
	// voters of equal stake are the third of all that a vote needs, and one more.
	voters = 5
)

// Proposal is a governance proposal of one message.
type Proposal struct {
	Title   string
	Message any
}

// Decide submits proposals, each by another validator and at most as many as there are, votes for all of them and waits for their ends. A proposal that passed and failed in execution is no error here.
func (n *Network) Decide(ctx context.Context, proposals ...Proposal) ([]*govv1.Proposal, error) {
	ids := make([]uint64, len(proposals))
	parts := make([]func(context.Context) error, len(proposals))
	for i, proposal := range proposals {
		parts[i] = func(ctx context.Context) (err error) {
			ids[i], err = n.propose(ctx, n.Operators[i], proposal)
			return err
		}
	}
	if err := Together(ctx, parts...); err != nil {
		return nil, err
	}
	if err := n.vote(ctx, ids); err != nil {
		return nil, err
	}
	ended := make([]*govv1.Proposal, len(ids))
	for i, id := range ids {
		var err error
		if ended[i], err = n.awaitProposal(ctx, id); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

func (n *Network) propose(ctx context.Context, proposer *Operator, proposal Proposal) (uint64, error) {
	path, err := n.writeJSON("proposal", map[string]any{
		"messages": []any{proposal.Message}, "deposit": n.Coin(proposalDeposit),
		"title": proposal.Title, "summary": proposal.Title, "metadata": "",
	})
	if err != nil {
		return 0, err
	}
	receipt, err := n.Tx(ctx, proposer.Key, "gov submit-proposal", path)
	if err != nil {
		return 0, fmt.Errorf("propose %s: %w", proposal.Title, err)
	}
	var id uint64
	_, err = fmt.Sscan(receipt.Attribute("submit_proposal", "proposal_id"), &id)
	return id, err
}

// vote lets some validators say yes to all proposals, each in one transaction.
func (n *Network) vote(ctx context.Context, ids []uint64) error {
	parts := make([]func(context.Context) error, voters)
	for i := range parts {
		operator := n.Operators[i]
		parts[i] = func(ctx context.Context) error {
			receipt, err := n.SendMessages(ctx, operator.Key, "", int64(100_000*(len(ids)+1)), votes(operator, ids)...)
			if err != nil {
				return err
			}
			return receipt.Failed()
		}
	}
	return Together(ctx, parts...)
}

func votes(operator *Operator, ids []uint64) []Message {
	messages := make([]Message, len(ids))
	for i, id := range ids {
		messages[i], _ = json.Marshal(map[string]any{
			"@type": "/cosmos.gov.v1.MsgVote", "proposal_id": fmt.Sprint(id),
			"voter": operator.Key.Address, "option": "VOTE_OPTION_YES", "metadata": "",
		})
	}
	return messages
}

func (n *Network) awaitProposal(ctx context.Context, id uint64) (*govv1.Proposal, error) {
	return Await(ctx, fmt.Sprintf("the end of proposal %d", id), proposalLimit, func(ctx context.Context) (*govv1.Proposal, bool, error) {
		answer, err := govv1.NewQueryClient(n.GRPC).Proposal(ctx, &govv1.QueryProposalRequest{ProposalId: id})
		if err != nil {
			return nil, false, err
		}
		return answer.Proposal, answer.Proposal.Status >= govv1.StatusPassed, nil
	})
}

// Passed is an error unless the proposal was executed.
func Passed(proposal *govv1.Proposal) error {
	if proposal.Status != govv1.StatusPassed {
		return fmt.Errorf("proposal %d %q ended %s: %s", proposal.Id, proposal.Title, proposal.Status, proposal.FailedReason)
	}
	return nil
}

// Refused is an error unless the proposal's execution failed for a reason that says what is wanted.
func Refused(proposal *govv1.Proposal, wanted string) error {
	if proposal.Status != govv1.StatusFailed || !strings.Contains(proposal.FailedReason, wanted) {
		return fmt.Errorf("proposal %d %q ended %s: %q, wanted a failure with %q",
			proposal.Id, proposal.Title, proposal.Status, proposal.FailedReason, wanted)
	}
	return nil
}
