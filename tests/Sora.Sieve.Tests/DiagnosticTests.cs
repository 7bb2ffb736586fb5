using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>What authors of scripts commonly get wrong: one mistake is one message, at its place, and it says what helps.</summary>
public sealed class DiagnosticTests
{
    [Theory]
    [InlineData("require \"fileinto\"\nkeep;", "line 2, column 1: error: 'require' takes one string list; a semicolon may be missing before this: expected ';', found 'keep'")]
    [InlineData("require \"fileinto\"; fileinto INBOX;", "line 1, column 30: error: The mailbox of the command 'fileinto' is a string: expected a string in double quotes, found 'inbox'")]
    [InlineData("require \"fileinto\"; fileinto keep;", "line 1, column 21: error: The command 'fileinto' lacks its mailbox: expected a string, found nothing\n"
        + "line 1, column 30: error: The command 'fileinto' takes no test; a semicolon may be missing before it: expected ';', found 'keep'")]
    [InlineData("if (true) { keep; }", "line 1, column 5: error: 'if' takes one test without parentheses")]
    [InlineData("if true keep;", "line 1, column 9: error: The test 'true' takes no test: expected '{', ',' or ')', found 'keep'")]
    [InlineData("if true;", "line 1, column 1: error: 'if' takes a block: expected '{', found ';'")]
    [InlineData("if anyof (true false) { keep; }", "line 1, column 16: error: The test 'true' takes no test: expected '{', ',' or ')', found 'false'")]
    [InlineData("require \"vacation\"; vacation text:\nGone\n", "line 1, column 30: error: The text that begins here never ends: expected a line with a dot alone")]
    [InlineData("redirect \"a@b.example;\nkeep;", "line 1, column 10: error: The string that begins here never ends: expected '\"'")]
    [InlineData("if header :contains 'subject' \"x\" { keep; }", "line 1, column 21: error: This is no part of the language outside of strings and comments: expected a string in double quotes, found \"'\"\n"
        + "line 1, column 22: error: The header names of the test 'header' are a string list: expected a string in double quotes, found 'subject'")]
    [InlineData("if header :contains subject \"x\" { keep; }", "line 1, column 21: error: The header names of the test 'header' are a string list: expected a string in double quotes, found 'subject'")]
    [InlineData("keep; @ @ @\n@", "line 1, column 7: error: This is no part of the language outside of strings and comments: found \"@\"\n"
        + "line 2, column 1: error: This is no part of the language outside of strings and comments: found \"@\"")]
    [InlineData("if true { keep; } else if false { discard; }", "line 1, column 24: error: 'else if' is written as one word: expected 'elsif' instead of 'else if', found 'if'")]
    public void OneMistakeIsOneMessage(string script, string errors) => Errors(script).ShouldBe(errors);

    [Theory]
    [InlineData("if header :contain \"a\" \"b\" { keep; }", "has no tag ':contain'; ':contains' may be meant")]
    [InlineData("if address :domian \"from\" \"b\" { keep; }", "has no tag ':domian'; ':domain' may be meant")]
    [InlineData("if header :comparater \"i;octet\" \"a\" \"b\" { keep; }", "has no tag ':comparater'; ':comparator' may be meant")]
    [InlineData("if header :xyz \"a\" \"b\" { keep; }", "has no tag ':xyz'")]
    [InlineData("require \"vacation\"; vacation :day 7 \"x\";", "has no tag ':day'; ':days' may be meant")]
    [InlineData("if true { keep; } elseif true { stop; }", "There is no command 'elseif'; 'elsif' may be meant")]
    [InlineData("if true { keep; } elif true { stop; }", "There is no command 'elif'; 'elsif' may be meant")]
    [InlineData("redirct \"a@b.example\";", "There is no command 'redirct'; 'redirect' may be meant")]
    [InlineData("if exist \"a\" { keep; }", "There is no test 'exist'; 'exists' may be meant")]
    [InlineData("foo;", "There is no command 'foo'")]
    [InlineData("require \"filinto\";", "There is no extension \"filinto\" here; \"fileinto\" may be meant")]
    [InlineData("require \"vnd.example.nothing\";", "There is no extension \"vnd.example.nothing\" here")]
    [InlineData("if header :comparator \"i;ascii-casemp\" \"a\" \"b\" { keep; }", "There is no comparator \"i;ascii-casemp\"; \"i;ascii-casemap\" may be meant")]
    [InlineData("require \"date\"; if date \"date\" \"yeer\" \"x\" { keep; }", "There is no date part \"yeer\"; \"year\" may be meant")]
    [InlineData("require \"relational\"; if header :value \"above\" \"a\" \"b\" { keep; }", "\"above\" cannot stand behind ':value': expected \"gt\", \"ge\", \"lt\", \"le\", \"eq\" or \"ne\"")]
    [InlineData("require \"envelope\"; if envelope \"sender\" \"x\" { keep; }", "There is no envelope part \"sender\": it is one of \"auth\", ")]
    public void WhatMayBeMeant(string script, string message) => Errors(script).ShouldMatch($"error: .*{System.Text.RegularExpressions.Regex.Escape(message)}($|\\n|\"to\"|\"bymode\")");

    // The basic example of draft-ietf-sieve-regex
    [Theory]
    [InlineData("To: me@company.com\nSubject: hello\n\n", false)]
    [InlineData("To: me+sieve@company.com\nSubject: hello\n\n", false)]
    [InlineData("To: others@company.com.example\nSubject: hello\n\n", true)]
    [InlineData("To: me@company.com\nSubject: MAKE MONEY FAST\n\n", true)]
    public void RegexOfTheDraft(string message, bool isDiscarded) => Outcome(
        """
        require "regex";

        # Try to catch unsolicited email.
        if anyof (
          # if a message is not to me (with optional +detail),
          not address :regex ["to", "cc", "bcc"]
            "me(\\+.*)?@company\\.com",

          # or the subject is all uppercase (no lowercase)
          header :regex :comparator "i;octet" "subject"
            "^[^[:lower:]]+$" ) {

          discard;  # junk it
        }
        """,
        message).ShouldBe(isDiscarded ? "discard" : "(keep)");
}
