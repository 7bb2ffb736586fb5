using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5229 (variables) with the results that it gives.</summary>
public sealed class Rfc5229Tests
{
    // "${dollar}{beep}" is no reference once "dollar" is put in
    [Theory]
    [InlineData("${text}", "regarding ${beep}")]
    [InlineData("$${text}", "$regarding ${beep}")]
    [InlineData("${beep", "${beep")]
    [InlineData("${doh!}", "${doh!}")]
    [InlineData("&%${}!", "&%${}!")]
    [InlineData("${company}", "ACME")]
    [InlineData("${BAD${Company}", "${BADACME")]
    public void Expansion_3(string text, string value) => Value(
        """
        set "company" "ACME";
        set "dollar" "$";
        set "text" "regarding ${dollar}{beep}";
        """,
        text).ShouldBe(value);

    [Theory]
    [InlineData("Subject: dear Ethelbert\n\n", "discard")]
    [InlineData("Subject: dear ${name}\n\n", "(keep)")]
    public void EncodedCharactersComeFirst_3_1(string message, string outcome) => Outcome(
        """
        require ["encoded-character", "variables"];
        set "name" "Ethelbert";
        if header :contains "Subject" "dear${hex:20 24 7b 4e}ame}" {
            # the test string is "dear Ethelbert"
            discard;
        }
        """,
        message).ShouldBe(outcome);

    private const string MatchScript = """
        require ["fileinto", "variables"];

        if header :matches "List-ID" "*<*@*" {
            fileinto "INBOX.lists.${2}"; stop;
        }

        # Imagine the header
        # Subject: [acme-users] [fwd] version 1.0 is out
        if header :matches "Subject" "[*] *" {
            # ${1} will hold "acme-users",
            # ${2} will hold "[fwd] version 1.0 is out"
            fileinto "INBOX.lists.${1}.${2}"; stop;
        }

        # Imagine the header
        # To: coyote@ACME.Example.COM
        if address :matches ["To", "Cc"] ["coyote@**.com",
                "wile@**.com"] {
            # ${0} is the matching address
            # ${1} is always the empty string
            # ${2} is part of the domain name ("ACME.Example")
            fileinto "INBOX.business.${2}.${1}.${0}"; stop;
        } else {
            # Control wouldn't reach this block if any match was
            # successful, so no match variables are set at this
            # point.
            fileinto "none${0}${1}";
        }

        if anyof (true, address :domain :matches "To" "*.com") {
            # The second test is never evaluated, so there are
            # still no match variables set.
            fileinto "still none${0}${1}";
            stop;
        }
        """;

    [Theory]
    [InlineData("List-ID: Things <announce@example.org>\n\n", "fileinto INBOX.lists.announce")]
    [InlineData("Subject: [acme-users] [fwd] version 1.0 is out\n\n", "fileinto INBOX.lists.acme-users.[fwd] version 1.0 is out")]
    [InlineData("To: coyote@ACME.Example.COM\n\n", "fileinto INBOX.business.ACME.Example..coyote@ACME.Example.COM")]
    [InlineData("To: x@elsewhere.com\n\n", "fileinto none; fileinto still none")]
    public void MatchVariables_3_2(string message, string outcome) => Outcome(MatchScript, message).ShouldBe(outcome);

    [Fact]
    public void Set_4() => Value(
        """
        set "honorific"  "Mr";
        set "first_name" "Wile";
        set "last_name"  "Coyote";
        set "vacation" text:
        Dear ${HONORIFIC} ${last_name},
        I'm out, please leave a message after the meep.
        .
        ;
        """,
        "${vacation}").ShouldBe("Dear Mr Coyote,\r\nI'm out, please leave a message after the meep.\r\n");

    [Theory]
    [InlineData("set \"b\" \"${a}\";", "juMBlEd lETteRS")]
    [InlineData("set :length \"b\" \"${a}\";", "15")]
    [InlineData("set :lower \"b\" \"${a}\";", "jumbled letters")]
    [InlineData("set :upperfirst \"b\" \"${a}\";", "JuMBlEd lETteRS")]
    [InlineData("set :upperfirst :lower \"b\" \"${a}\";", "Jumbled letters")]
    [InlineData("set :quotewildcard \"b\" \"Rock*\";", "Rock\\*")]
    public void Modifiers_4_1(string set, string value) => Value($"set \"a\" \"juMBlEd lETteRS\"; {set}", "${b}").ShouldBe(value);

    [Fact]
    public void String_5() => Outcome(
        """
        require "variables";
        set "state" "${state} pending";
        if string :matches " ${state} " "* pending *" {
            # the above test always succeeds
            discard;
        }
        """).ShouldBe("discard");

    // What a string is at the end, by way of a subject
    private static string Value(string script, string text) => Run($"require [\"variables\", \"vacation\"];\n{script}\nvacation :subject \"{text}\" \"x\";", "To: roadrunner@acme.example.com\n\n")
        .Actions.OfType<VacationAction>().Single().Subject!;
}
