using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 6609 (include) with the results that it gives.</summary>
public sealed class Rfc6609Tests
{
    private static TestHost Example1() => new()
    {
        Scripts =
        {
            ["always_allow"] = """
                if address :is "from" "boss@example.com"
                {
                    keep;
                }
                elsif address :is "from" "ceo@example.com"
                {
                    keep;
                }
                """,
            ["spam_tests"] = """
                require ["reject"];

                if header :contains "Subject" "XXXX"
                {
                    reject "Subject XXXX is unacceptable.";
                }
                elsif address :is "from" "money@example.com"
                {
                    reject "Mail from this sender is unwelcome.";
                }
                """,
            ["mailing_lists"] = """
                require ["fileinto"];

                if header :is "List-ID" "sieve.ietf.org"
                {
                    fileinto "lists.sieve";
                }
                elsif header :is "List-ID" "ietf-imapext.imc.org"
                {
                    fileinto "lists.imapext";
                }
                """,
            ["global:spam_tests"] = """
                require ["reject"];

                if anyof (header :contains "Subject" "$$",
                          header :contains "Subject" "Make money")
                {
                    reject "No thank you.";
                }
                """,
        },
    };

    [Theory]
    [InlineData("From: boss@example.com\n\n", "keep")]
    [InlineData("From: ceo@example.com\nList-ID: sieve.ietf.org\n\n", "keep; fileinto lists.sieve")]
    [InlineData("From: a@b\nSubject: XXXX\n\n", "reject Subject XXXX is unacceptable.")]
    [InlineData("From: money@example.com\n\n", "reject Mail from this sender is unwelcome.")]
    [InlineData("From: a@b\nSubject: $$\n\n", "reject No thank you.")]
    [InlineData("List-ID: ietf-imapext.imc.org\n\n", "fileinto lists.imapext")]
    [InlineData("From: a@b\n\n", "(keep)")]
    [InlineData("From: boss@example.com\nSubject: x\n\n", "keep")]
    [InlineData("From: a@b\nSubject: x XXXX\n\n", "reject Subject XXXX is unacceptable.")]
    [InlineData("From: money@example.com\nSubject: x\n\n", "reject Mail from this sender is unwelcome.")]
    [InlineData("From: a@b\nList-ID: sieve.ietf.org\n\n", "fileinto lists.sieve")]
    [InlineData("From: a@b\nList-ID: ietf-imapext.imc.org\n\n", "fileinto lists.imapext")]
    public void Example_3_2(string message, string outcome) => Outcome(
        """
        require ["include"];

        include :personal "always_allow";
        include :global "spam_tests";
        include :personal "spam_tests";
        include :personal "mailing_lists";
        """,
        message,
        Example1()).ShouldBe(outcome);

    // The name of a mailbox cannot hold "$$" only in some servers; here it is a name like others
    [Theory]
    [InlineData("Subject: Make money today\n\n", "fileinto spam-Make money")]
    [InlineData("Subject: lots of $$\n\n", "fileinto spam-$$")]
    [InlineData("Subject: lunch\n\n", "(keep)")]
    [InlineData("Subject: $$\n\n", "fileinto spam-$$")]
    [InlineData("Subject: Make money now $$\n\n", "fileinto spam-Make money")]
    [InlineData("Subject: hello\n\n", "(keep)")]
    public void GlobalVariables_3_4_1(string message, string outcome) => Outcome(
        """
        require ["fileinto", "include", "variables", "relational"];
        global "test";
        global "test_mailbox";

        set "test" "$$";
        include "subject_tests";

        set "test" "Make money";
        include "subject_tests";

        if string :count "eq" "${test_mailbox}" "1"
        {
            fileinto "${test_mailbox}";
            stop;
        }
        """,
        message,
        new TestHost
        {
            Scripts =
            {
                ["subject_tests"] = """
                    require ["include", "variables"];
                    global ["test", "test_mailbox"];

                    if header :contains "Subject" "${test}"
                    {
                        set "test_mailbox" "spam-${test}";
                    }
                    """,
            },
        }).ShouldBe(outcome);

    [Fact]
    public void TheNamespace_3_4_2() => Outcome(
        """
        require ["variables", "include"];

        set "global.i_am_on_vacation" "1";
        include "away";
        """,
        "To: roadrunner@acme.example.com\n\n",
        new TestHost
        {
            Scripts =
            {
                ["away"] = """
                    require ["variables", "include", "vacation"];
                    global "i_am_on_vacation";

                    set "global.i_am_on_vacation" "1";

                    if string :is "${i_am_on_vacation}" "1"
                    {
                        vacation "It's true, I am on vacation.";
                    }
                    """,
            },
        }).ShouldBe("vacation to coyote@desert.example.org; (keep)");

    // "The included script name argument MUST be a constant string" (section 3.2)
    [Fact]
    public void TheNameIsConstant_3_2() => Errors("require [\"include\", \"variables\"]; include \"${x}\";").ShouldContain("cannot hold variables");
}
