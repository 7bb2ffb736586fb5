using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5228 with the results that it gives, in its order.</summary>
public sealed class Rfc5228Tests
{
    [Theory]
    [InlineData("if size :over 100k { # this is a comment\n discard;\n}")]
    [InlineData("if size :over 100K { /* this is a comment\n this is still a comment */ discard /* this is a comment\n */ ;\n}")]
    public void Comments_2_3(string script)
    {
        Outcome(script).ShouldBe("(keep)");
        Outcome(script, MessageA + new string('x', 110_000)).ShouldBe("discard");
    }

    [Fact]
    public void StringLists_2_4_2_1()
    {
        const string test = """header :contains ["To", "Cc"] ["me@example.com", "me00@landru.example.com"]""";
        Holds(test).ShouldBeFalse();
        Holds(test, "To: X <me@example.com>\n\n").ShouldBeTrue();
        Holds(test, "To: a@b\nCc: me00@landru.example.com\n\n").ShouldBeTrue();
        Holds("""exists "To" """).ShouldBe(Holds("""exists ["To"]"""));
    }

    [Fact]
    public void EncodedCharacter_2_4_2_4()
    {
        const string script = """
            require "encoded-character";
            if header :contains "Subject" "$${hex:24 24}" {
               discard;
            }
            """;
        Outcome(script).ShouldBe("(keep)");
        Outcome(script, MessageB).ShouldBe("discard");
    }

    [Theory]
    [InlineData("$${hex:40}", "$@")]
    [InlineData("${hex: 40 }", "@")]
    [InlineData("${HEX: 40}", "@")]
    [InlineData("${hex:40", "${hex:40")]
    [InlineData("${hex:400}", "${hex:400}")]
    [InlineData("${hex:4${hex:30}}", "${hex:40}")]
    [InlineData("${unicode:40}", "@")]
    [InlineData("${ unicode:40}", "${ unicode:40}")]
    [InlineData("${UNICODE:40}", "@")]
    [InlineData("${UnICoDE:0000040}", "@")]
    [InlineData("${Unicode:40}", "@")]
    [InlineData("${Unicode:Cool}", "${Unicode:Cool}")]
    public void EncodedCharacterSequences_2_4_2_4(string text, string value)
    {
        // The value comes back as a mailbox; "INBOX" alone would not show that it was decoded
        Run($"require [\"encoded-character\", \"fileinto\"]; fileinto \"{text}\";").Actions.ShouldHaveSingleItem()
            .ShouldBeOfType<FileIntoAction>().Mailbox.ShouldBe(value);
    }

    [Theory]
    [InlineData("${unicode:200000}")]
    [InlineData("${Unicode:DF01}")]
    public void EncodedCharactersOutOfRange_2_4_2_4(string text) =>
        Errors($"require [\"encoded-character\", \"fileinto\"]; fileinto \"{text}\";").ShouldContain("names no Unicode character");

    [Fact]
    public void TestLists_2_5_1()
    {
        const string script = """
            if anyof (not exists ["From", "Date"],
                      header :contains "from" "fool@example.com") {
               discard;
            }
            """;
        Outcome(script).ShouldBe("(keep)");
        Outcome(script, "From: fool@example.com\nDate: x\n\n").ShouldBe("discard");
        Outcome(script, "From: a@b.example\n\n").ShouldBe("discard");
    }

    [Theory]
    [InlineData("frob", true)]
    [InlineData("nit", true)]
    [InlineData("fbm", false)]
    [InlineData("", true)]
    public void Contains_2_7_1(string key, bool holds) => Holds($"header :contains \"X\" \"{key}\"", "X: frobnitzm\n\n").ShouldBe(holds);

    [Theory]
    [InlineData("frobnitzm", true)]
    [InlineData("frobnitz", false)]
    [InlineData("", false)]
    public void Is_2_7_1(string key, bool holds) => Holds($"header :is \"X\" \"{key}\"", "X: frobnitzm\n\n").ShouldBe(holds);

    [Fact]
    public void EmptyKeyIsEmptyValue_2_7_1() => Holds("header :is \"X\" \"\"", "X: \n\n").ShouldBeTrue();

    [Theory]
    [InlineData("fro?n*", true)]
    [InlineData("frob\\\\*", false)]
    [InlineData("frob", false)]
    [InlineData("*", true)]
    [InlineData("?????????", true)]
    [InlineData("??????????", false)]
    public void Matches_2_7_1(string key, bool holds) => Holds($"header :matches \"X\" \"{key}\"", "X: frobnitzm\n\n").ShouldBe(holds);

    [Fact]
    public void EscapedWildcardsMatchThemselves_2_7_1()
    {
        Holds("header :matches \"X\" \"what\\\\?\"", "X: what?\n\n").ShouldBeTrue();
        Holds("header :matches \"X\" \"what\\\\?\"", "X: whats\n\n").ShouldBeFalse();
    }

    // "?" will always match exactly one octet when one of those comparators is in use
    [Theory]
    [InlineData("i;octet", "a??b", true)]
    [InlineData("i;octet", "a?b", false)]
    [InlineData("i;ascii-casemap", "A??B", true)]
    [InlineData("i;ascii-casemap", "A?B", false)]
    [InlineData("i;unicode-casemap", "A?B", true)]
    [InlineData("i;unicode-casemap", "*?B", true)]
    [InlineData("i;unicode-casemap", "A??B", false)]
    public void AQuestionMarkIsACharacterOfTheComparator_2_7_1(string comparator, string key, bool holds) =>
        Holds($"header :matches :comparator \"{comparator}\" \"X\" \"{key}\"", "X: a\u00E9b\n\n", "\"comparator-i;unicode-casemap\"").ShouldBe(holds);

    [Theory]
    [InlineData("You can MAKE MONEY FAST", "discard")]
    [InlineData("You can Make Money Fast", "(keep)")]
    public void Comparators_2_7_3(string subject, string outcome)
    {
        const string script = """
            if header :contains :comparator "i;octet" "Subject"
                           "MAKE MONEY FAST" {
               discard;
            }
            """;
        Outcome(script, $"Subject: {subject}\n\n").ShouldBe(outcome);
    }

    [Fact]
    public void ImplicitKeep_2_10_2()
    {
        const string script = "if size :over 500K { discard; }";
        Outcome(script).ShouldBe("(keep)");
        Outcome(script, MessageB).ShouldBe("(keep)");
    }

    [Fact]
    public void TwiceIntoOneMailbox_2_10_3() =>
        Outcome("require \"fileinto\"; fileinto \"INBOX\"; keep; fileinto \"x\"; fileinto \"x\"; keep;").ShouldBe("fileinto INBOX; fileinto x");

    [Theory]
    [InlineData(MessageA)]
    [InlineData(MessageB)]
    public void If_3_1(string message) => Outcome(
        """
        require "fileinto";
        if header :contains "from" "coyote" {
           discard;
        } elsif header :contains ["subject"] ["$$$"] {
           discard;
        } else {
           fileinto "INBOX";
        }
        """,
        message).ShouldBe("discard");

    [Theory]
    [InlineData(MessageA, "redirect acm@example.com")]
    [InlineData(MessageB, "redirect postmaster@example.com")]
    [InlineData("From: a@b\n\n", "redirect field@example.com")]
    public void Elsif_3_1(string message, string outcome) => Outcome(
        """
        if header :contains ["From"] ["coyote"] {
           redirect "acm@example.com";
        } elsif header :contains "Subject" "$$$" {
           redirect "postmaster@example.com";
        } else {
           redirect "field@example.com";
        }
        """,
        message).ShouldBe(outcome);

    [Theory]
    [InlineData("elsif true { keep; }")]
    [InlineData("else { keep; }")]
    [InlineData("if true { keep; } else { keep; } elsif true { keep; }")]
    [InlineData("if true { keep; } keep; else { keep; }")]
    public void ElseOnlyFollowsIf_3_1(string script) => Errors(script).ShouldContain("only follows an 'if' or 'elsif'");

    [Fact]
    public void ElseIfIsNoElsif_3_1() => Errors("if true { keep; } else if true { discard; }").ShouldNotBeEmpty();

    [Theory]
    [InlineData("require [\"fileinto\", \"envelope\"];")]
    [InlineData("require \"fileinto\";\nrequire \"envelope\";")]
    public void Require_3_2(string require) => Outcome($"{require} fileinto \"x\";").ShouldBe("fileinto x");

    [Fact]
    public void RequireStandsFirst_3_2() => Errors("keep; require \"fileinto\";").ShouldContain("before all other commands");

    [Fact]
    public void Stop_3_3()
    {
        Outcome("stop; discard;").ShouldBe("(keep)");
        Outcome("discard; stop; keep;").ShouldBe("discard");
    }

    [Theory]
    [InlineData(MessageA, "fileinto INBOX.harassment")]
    [InlineData(MessageB, "(keep)")]
    public void FileInto_4_1(string message, string outcome) => Outcome(
        """
        require "fileinto";
        if header :contains ["from"] "coyote" {
           fileinto "INBOX.harassment";
        }
        """,
        message).ShouldBe(outcome);

    [Fact]
    public void Redirect_4_2() => Outcome("redirect \"bart@example.com\";").ShouldBe("redirect bart@example.com");

    [Theory]
    [InlineData("if size :under 1M { keep; } else { discard; }", "keep")]
    [InlineData("if not size :under 1M { discard; }", "(keep)")]
    public void Keep_4_3(string script, string small)
    {
        Outcome(script).ShouldBe(small);
        Outcome(script, MessageA + new string('x', 1 << 20)).ShouldBe("discard");
    }

    [Theory]
    [InlineData("From: idiot@example.com\n\n", "discard")]
    [InlineData(MessageA, "(keep)")]
    public void Discard_4_4(string message, string outcome) =>
        Outcome("if header :contains [\"from\"] [\"idiot@example.com\"] { discard; }", message).ShouldBe(outcome);

    [Fact]
    public void DiscardGoesWithAllOthers_4_4() =>
        Outcome("require \"fileinto\"; discard; fileinto \"x\";").ShouldBe("discard; fileinto x");

    [Theory]
    [InlineData("From: tim@example.com\n\n", true)]
    [InlineData("From: Tim <TIM@Example.com> (a comment)\n\n", true)]
    [InlineData("From: tim@example.com.invalid\n\n", false)]
    [InlineData("To: tim@example.com\n\n", false)]
    [InlineData("From: a@b, tim@example.com\n\n", true)]
    public void Address_5_1(string message, bool holds) => Holds("address :is :all \"from\" \"tim@example.com\"", message).ShouldBe(holds);

    [Theory]
    [InlineData("allof (false, false)", false)]
    [InlineData("allof (false, true)", false)]
    [InlineData("allof (true,  true)", true)]
    [InlineData("anyof (false, false)", false)]
    [InlineData("anyof (false, true)", true)]
    [InlineData("anyof (true,  true)", true)]
    [InlineData("not false", true)]
    [InlineData("not true", false)]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public void Logic_5_2_to_5_10(string test, bool holds) => Holds(test).ShouldBe(holds);

    [Theory]
    [InlineData("tim@example.com", true)]
    [InlineData("TIM@example.COM", true)]
    [InlineData("", false)]
    public void Envelope_5_4(string from, bool holds) => Holds(
        "envelope :all :is \"from\" \"tim@example.com\"", require: "\"envelope\"", envelope: new SieveEnvelope { From = from, To = "x@y" }).ShouldBe(holds);

    [Theory]
    [InlineData(":all")]
    [InlineData(":localpart")]
    [InlineData(":domain")]
    public void TheNullReversePathIsTheEmptyString_5_4(string part) => Holds(
        $"envelope {part} :is \"from\" \"\"", require: "\"envelope\"", envelope: new SieveEnvelope { To = "x@y" }).ShouldBeTrue();

    [Fact]
    public void UnknownEnvelopePartsAreErrors_5_4() =>
        Errors("require \"envelope\"; if envelope \"frm\" \"x\" { keep; }").ShouldContain("no envelope part \"frm\"");

    [Theory]
    [InlineData("From: a@b\nDate: x\n\n", false)]
    [InlineData("From: a@b\n\n", true)]
    [InlineData("Date: x\n\n", true)]
    public void Exists_5_5(string message, bool holds) => Holds("not exists [\"From\",\"Date\"]", message).ShouldBe(holds);

    [Theory]
    [InlineData("header :is [\"X-Caffeine\"] [\"\"]", false)]
    [InlineData("header :contains [\"X-Caffeine\"] [\"\"]", true)]
    [InlineData("header :contains [\"X-Tea\"] [\"\"]", false)]
    [InlineData("not header :matches \"Cc\" \"?*\"", true)]
    public void Header_5_7(string test, bool holds) => Holds(test, "X-Caffeine: C8H10N4O2\nCc:  \n\n").ShouldBe(holds);

    [Theory]
    [InlineData(3999, false, true)]
    [InlineData(4000, false, false)]
    [InlineData(4001, true, false)]
    public void Size_5_9(int size, bool isOver, bool isUnder)
    {
        var message = "A: b\r\n\r\n" + new string('x', size - 8);
        Holds("size :over 4000", message).ShouldBe(isOver);
        Holds("size :under 4000", message).ShouldBe(isUnder);
    }

    [Theory]
    [InlineData("size 100")]
    [InlineData("size :over :under 100")]
    [InlineData("size :over")]
    public void SizeTakesOneOfTwo_5_9(string test) => Errors($"if {test} {{ keep; }}").ShouldNotBeEmpty();

    [Theory]
    [InlineData("Sender: owner-ietf-mta-filters@imc.org\nFrom: a@example.com\n\n", "fileinto filter")]
    [InlineData("From: Boss <boss@EXAMPLE.com>\nTo: x@y\n\n", "keep")]
    [InlineData("From: a@b\nTo: everyone@c\nSubject: hello\n\n", "fileinto spam")]
    [InlineData("From: a@b\nTo: me@example.com.au\nSubject: Make some Money very FAST today\n\n", "fileinto spam")]
    [InlineData("From: a@b\nTo: notme@example.community\nSubject: lunch\n\n", "fileinto personal")]
    public void ExtendedExample_9(string message, string outcome) => Outcome(
        """
        #
        # Example Sieve Filter
        # Declare any optional features or extension used by the script
        #
        require ["fileinto"];

        #
        # Handle messages from known mailing lists
        # Move messages from IETF filter discussion list to filter mailbox
        #
        if header :is "Sender" "owner-ietf-mta-filters@imc.org"
                {
                fileinto "filter";  # move to "filter" mailbox
                }
        #
        # Keep all messages to or from people in my company
        #
        elsif address :DOMAIN :is ["From", "To"] "example.com"
                {
                keep;               # keep in "In" mailbox
                }
        #
        # Try and catch unsolicited email.  If a message is not to me,
        # or it contains a subject known to be spam, file it away.
        #
        elsif anyof (NOT address :all :contains
                       ["To", "Cc", "Bcc"] "me@example.com",
                     header :matches "subject"
                       ["*make*money*fast*", "*university*dipl*mas*"])
                {
                fileinto "spam";   # move to "spam" mailbox
                }
        else
                {
                # Move all other (non-company) mail to "personal"
                # mailbox.
                fileinto "personal";
                }
        """,
        message).ShouldBe(outcome);
}
