using static Sora.Histories.Tests.Story;

namespace Sora.Histories.Tests;

/// <summary>For each rule, histories that keep it and at least one that it rejects, and no other rule does.</summary>
public sealed class CheckerTests
{
    private readonly Story _story = new();

    [Fact]
    public void All_is_well()
    {
        _story.Deliver(Inbox, "m1");
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Append("a", Inbox, "m2", 2, flags: "\\Seen");
        _story.Noop("a", Inbox, Told(ViewEventKind.Exists, 2), Fetched(2, new MessageState(2, 2, ["\\Seen"])));
        _story.Store("a", Inbox, 2, "+$a", isChange: true, events: Fetched(2, new MessageState(2, 3, ["$a", "\\Seen"])));
        _story.Transfer(OperationKind.Copy, "a", Inbox, Archive, 1, 1);
        _story.Transfer(OperationKind.Move, "a", Inbox, Archive, 2, 2, events: Told(ViewEventKind.Expunge, 2));
        _story.Store("a", Inbox, 1, "+\\Deleted", events: Fetched(1, new MessageState(0, 5, ["\\Deleted"])));
        _story.Expunge("a", Inbox, [1], events: Vanished(1));
        _story.Select("b", Inbox, 3, 6);
        _story.Select("b", Archive, 3, 2, Message(1, 1, "m1"), Message(2, 2, "m2", "$a", "\\Seen"));
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void A_UID_that_names_two_messages()
    {
        _story.Deliver(Inbox, "m1");
        _story.Deliver(Inbox, "m2");
        _story.Select("a", Inbox, 3, 2, Message(1, 1, "m1"), Message(2, 2, "m2"));
        _story.Select("b", Inbox, 3, 2, Message(1, 1, "m2"), Message(2, 2, "m1"));
        ShouldBreak("A UID names one message");
    }

    [Fact]
    public void A_UID_that_was_given_to_a_second_message_after_the_first_one_is_gone()
    {
        var first = _story.Append("a", Inbox, "m1", 5);
        var second = _story.Append("b", Inbox, "m2", 5);
        (second.Start, second.End) = (first.Start + 1, first.End + 1);
        ShouldBreak("A UID names one message");
    }

    [Fact]
    public void UIDVALIDITY_that_changes()
    {
        _story.Select("a", Inbox, 1, 1);
        _story.Select("b", Inbox, 1, 1);
        Operation(2).Events[0] = Told(ViewEventKind.UidValidity, 8);
        ShouldBreak("A UID names one message");
    }

    [Fact]
    public void UIDs_that_do_not_grow()
    {
        _story.Append("a", Inbox, "m1", 6);
        _story.Append("b", Inbox, "m2", 5);
        ShouldBreak("UIDs grow");
    }

    [Fact]
    public void UIDs_of_appends_at_the_same_time_may_come_in_any_order()
    {
        var first = _story.Append("a", Inbox, "m1", 6);
        var second = _story.Append("b", Inbox, "m2", 5);
        second.Start = first.End - 1;
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void A_UID_below_the_UIDNEXT_of_an_earlier_SELECT()
    {
        _story.Select("a", Inbox, 9, 1);
        _story.Append("b", Inbox, "m2", 8);
        ShouldBreak("UIDs grow");
    }

    [Fact]
    public void A_UIDNEXT_that_is_not_beyond_a_message_of_before()
    {
        _story.Append("b", Inbox, "m1", 8);
        _story.Select("a", Inbox, 8, 1, Message(8, 1, "m1"));
        ShouldBreak("UIDs grow");
    }

    [Fact]
    public void HIGHESTMODSEQ_that_goes_back()
    {
        _story.Select("a", Inbox, 1, 9);
        _story.Select("b", Inbox, 1, 8);
        ShouldBreak("Mod-sequences are in the order of commits");
    }

    [Fact]
    public void HIGHESTMODSEQ_below_what_a_client_was_told()
    {
        _story.Deliver(Inbox, "m1");
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Store("a", Inbox, 1, "+$a", events: Fetched(1, new MessageState(1, 4, ["$a"])));
        _story.Select("b", Inbox, 2, 3, Message(1, 4, "m1", "$a"));
        ShouldBreak("Mod-sequences are in the order of commits");
    }

    [Fact]
    public void A_change_whose_mod_sequence_is_not_above_what_was_known_when_it_began()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Append("a", Inbox, "m2", 2);
        _story.Select("a", Inbox, 3, 4, Message(1, 3, "m1"), Message(2, 4, "m2"));
        _story.Store("a", Inbox, 1, "+$a", isChange: true, events: Fetched(1, new MessageState(1, 4, ["$a"])));
        ShouldBreak("Mod-sequences are in the order of commits");
    }

    [Fact]
    public void Two_states_at_one_mod_sequence()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("a", Inbox, 2, 4, Message(1, 4, "m1", "$x"));
        _story.Select("b", Inbox, 2, 4, Message(1, 4, "m1"));
        ShouldBreak("A mod-sequence means one state");
    }

    [Fact]
    public void An_acknowledged_append_that_a_later_SELECT_does_not_show()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("b", Inbox, 2, 1);
        ShouldBreak("What was acknowledged is there");
    }

    [Fact]
    public void An_acknowledged_delivery_that_a_later_SELECT_does_not_show()
    {
        _story.Deliver(Inbox, "m1");
        _story.Select("b", Inbox, 1, 0);
        ShouldBreak("What was acknowledged is there");
    }

    [Fact]
    public void A_delivery_that_is_gone_though_another_message_was_removed_before_it_came()
    {
        _story.Append("a", Inbox, "m0", 1);
        _story.Noop("a", Inbox, Told(ViewEventKind.Exists, 1), Fetched(1, new MessageState(1, 1, [])));
        _story.Expunge("a", Inbox, [1], events: Told(ViewEventKind.Expunge, 1));
        _story.Deliver(Inbox, "m1");
        _story.Select("b", Inbox, 2, 2);
        ShouldBreak("What was acknowledged is there");
    }

    [Fact]
    public void A_delivery_that_was_removed_by_whoever_knew_no_more_than_its_UID_is_no_fault()
    {
        _story.Select("a", Inbox, 1, 0);
        _story.Deliver(Inbox, "m1");
        _story.Deliver(Inbox, "m2");
        _story.Noop("a", Inbox, Told(ViewEventKind.Exists, 2), Fetched(1, new MessageState(1, 1, [])), Fetched(2, new MessageState(2, 2, [])));
        _story.Store("a", Inbox, 1, "+\\Deleted");
        _story.Expunge("a", Inbox, [1], events: Told(ViewEventKind.Expunge, 1));
        _story.Transfer(OperationKind.Move, "a", Inbox, Archive, 2, 1, events: Told(ViewEventKind.Expunge, 1));
        _story.Select("b", Inbox, 3, 5);
        _story.Select("b", Archive, 2, 1, Message(1, 1, "m2"));
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void A_message_that_was_seen_and_is_not_there_later()
    {
        _story.Deliver(Inbox, "m1", Outcome.Unknown);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Select("b", Inbox, 2, 1);
        ShouldBreak("What was acknowledged is there");
    }

    [Fact]
    public void What_may_have_been_expunged_need_not_be_there()
    {
        _story.Deliver(Inbox, "m1");
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Store("a", Inbox, 1, "+\\Deleted");
        _story.Expunge("a", Inbox, [], Outcome.Unknown);
        _story.Select("b", Inbox, 2, 3);
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void What_was_not_acknowledged_may_be_missing_and_may_be_there_once()
    {
        _story.Deliver(Inbox, "m1", Outcome.Unknown);
        _story.Deliver(Inbox, "m2", Outcome.No);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m2"));
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void An_expunged_message_that_comes_back()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Store("b", Inbox, 1, "+\\Deleted", Outcome.Unknown);
        _story.Expunge("b", Inbox, [1], Outcome.Unknown);
        _story.Noop("a", Inbox, Told(ViewEventKind.Expunge, 1));
        _story.Select("b", Inbox, 2, 3, Message(1, 1, "m1"));
        ShouldBreak("What was expunged stays away");
    }

    [Fact]
    public void An_expunge_that_was_acknowledged_and_not_done()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Store("a", Inbox, 1, "+\\Deleted");
        _story.Expunge("a", Inbox, [1]);
        _story.Select("b", Inbox, 2, 3, Message(1, 2, "m1", "\\Deleted"));
        ShouldBreak("What was expunged stays away");
    }

    [Fact]
    public void A_moved_message_that_is_still_in_its_source()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Transfer(OperationKind.Move, "a", Inbox, Archive, 1, 1);
        _story.Select("b", Inbox, 2, 1, Message(1, 1, "m1"));
        ShouldBreak("What was expunged stays away");
    }

    [Fact]
    public void A_delivery_that_was_acknowledged_once_and_is_there_twice()
    {
        _story.Deliver(Inbox, "m1");
        _story.Select("a", Inbox, 3, 2, Message(1, 1, "m1"), Message(2, 2, "m1"));
        ShouldBreak("Nothing is doubled");
    }

    [Fact]
    public void A_delivery_that_was_sent_twice_may_be_there_twice()
    {
        _story.Deliver(Inbox, "m1", Outcome.Unknown);
        _story.Deliver(Inbox, "m1");
        _story.Select("a", Inbox, 3, 2, Message(1, 1, "m1"), Message(2, 2, "m1"));
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void A_delivery_that_was_sent_twice_is_there_once_where_duplicates_are_suppressed()
    {
        _story.Deliver(Inbox, "m1", Outcome.Unknown);
        _story.Deliver(Inbox, "m1");
        _story.Select("a", Inbox, 3, 2, Message(1, 1, "m1"), Message(2, 2, "m1"));
        HistoryChecker.Check(_story.Operations, duplicatesAreSuppressed: true).Single().Rule.ShouldBe("Nothing is doubled");
    }

    [Fact]
    public void A_move_without_an_answer_that_left_the_message_in_both_places()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Transfer(OperationKind.Move, "a", Inbox, Archive, 1, 0, Outcome.Unknown);
        _story.Select("b", Archive, 2, 1, Message(1, 1, "m1"));
        _story.Select("b", Inbox, 2, 1, Message(1, 1, "m1"));
        ShouldBreak("Nothing is doubled");
    }

    [Fact]
    public void A_move_without_an_answer_that_lost_the_message()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Transfer(OperationKind.Move, "a", Inbox, Archive, 1, 0, Outcome.Unknown);
        _story.Select("b", Inbox, 2, 2);
        _story.Select("b", Archive, 1, 1);
        ShouldBreak("A moved message is in one place");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_move_without_an_answer_that_was_carried_out_or_not(bool done)
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Transfer(OperationKind.Move, "a", Inbox, Archive, 1, 0, Outcome.Unknown);
        _story.Select("b", Inbox, 2, 2, done ? [] : [Message(1, 1, "m1")]);
        _story.Select("b", Archive, done ? 2u : 1, 1, done ? [Message(1, 1, "m1")] : []);
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void An_acknowledged_store_that_is_undone()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Store("a", Inbox, 1, "+$a");
        _story.Select("b", Inbox, 2, 2, Message(1, 2, "m1"));
        ShouldBreak("What was stored is not undone");
    }

    [Fact]
    public void A_store_that_an_earlier_one_wins_over()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Store("b", Inbox, 1, "-$a");
        _story.Store("a", Inbox, 1, "+$a");
        _story.Select("b", Inbox, 2, 2, Message(1, 2, "m1"));
        ShouldBreak("What was stored is not undone");
    }

    [Fact]
    public void A_store_that_one_without_an_answer_may_have_undone()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Store("b", Inbox, 1, "-$a", Outcome.Unknown);
        _story.Store("a", Inbox, 1, "+$a");
        _story.Select("b", Inbox, 2, 2, Message(1, 2, "m1"));
        Check().ShouldBeEmpty();
    }

    [Fact]
    public void A_client_that_does_not_see_what_it_stored_itself()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Store("a", Inbox, 1, "+$a");
        _story.Noop("a", Inbox, Fetched(1, new MessageState(1, 2, [])));
        ShouldBreak("What was stored is not undone");
    }

    [Fact]
    public void A_client_in_an_old_view_need_not_see_what_others_stored()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1"));
        _story.Store("b", Inbox, 1, "+$a");
        _story.Noop("a", Inbox, Fetched(1, new MessageState(1, 1, [])));
        Check().ShouldBeEmpty();
    }

    public static TheoryData<string, ViewEvent> Contradictions => new()
    {
        { "EXISTS takes messages away", Told(ViewEventKind.Exists, 1) },
        { "EXPUNGE of none", Told(ViewEventKind.Expunge, 3) },
        { "VANISHED of none", Vanished(9) },
        { "FETCH of none", Fetched(3, new MessageState(3)) },
        { "Another UID", Fetched(2, new MessageState(3)) },
        { "A new message with an old UID", Fetched(1, new MessageState(2)) },
        { "A mod-sequence goes back", Fetched(2, new MessageState(2, 1, [])) },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void A_response_that_does_not_fit_the_view(string what, ViewEvent told)
    {
        what.ShouldNotBeEmpty();
        _story.Append("a", Inbox, "m1", 1);
        _story.Append("a", Inbox, "m2", 2);
        _story.Select("a", Inbox, 3, 2, Message(1, 1, "m1"), Message(2, 2, "m2"));
        _story.Noop("a", Inbox, told);
        ShouldBreak("A view is consistent");
    }

    [Fact]
    public void A_message_that_slips_between_two_others()
    {
        _story.Append("a", Inbox, "m1", 5);
        _story.Select("a", Inbox, 9, 8, Message(5, 1, "m1"));
        _story.Noop("a", Inbox, Told(ViewEventKind.Exists, 3), Fetched(3, new MessageState(7)), Fetched(2, new MessageState(8)));
        ShouldBreak("A view is consistent");
    }

    [Fact]
    public void An_EXPUNGE_while_sequence_numbers_are_in_use()
    {
        _story.Append("a", Inbox, "m1", 1);
        _story.Select("a", Inbox, 2, 1, Message(1, 1, "m1")).Events.Add(Told(ViewEventKind.Expunge, 1));
        ShouldBreak("A view is consistent");
    }

    [Fact]
    public void The_report_names_the_operations_that_show_it()
    {
        _story.Append("a", Inbox, "m0", 1);
        _story.Append("a", Inbox, "m1", 2);
        _story.Append("a", Inbox, "m2", 3);
        _story.Select("b", Inbox, 4, 3, Message(1, 1, "m0"), Message(3, 3, "m2"));
        var report = HistoryChecker.Report(Check());
        report.ShouldContain("broken 1 times, What was acknowledged is there: UID 2 of ada/INBOX");
        report.ShouldContain("APPEND m1");
        report.ShouldContain("SELECT");
        report.ShouldNotContain("APPEND m0");
        report.ShouldNotContain("APPEND m2");
    }

    private Operation Operation(int number) => _story.Operations[number];

    private IReadOnlyList<Violation> Check() => HistoryChecker.Check(_story.Operations);

    private void ShouldBreak(string rule)
    {
        var violations = Check();
        violations.ShouldNotBeEmpty();
        violations.Select(static violation => violation.Rule).Distinct().ShouldBe([rule], HistoryChecker.Report(violations));
    }
}
