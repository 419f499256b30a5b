// Text with folded white space: every run becomes one space, and the ends have none.
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Collects text and folds its white space.</summary>
internal sealed class FoldedText
{
    private readonly StringBuilder _text = new();
    private bool _space;

    /// <summary>Number of characters so far.</summary>
    public int Length => _text.Length;

    /// <summary>Adds text.</summary>
    public void Append(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c))
            {
                _space = true;
                continue;
            }

            if (_space && _text.Length > 0)
                _text.Append(' ');
            _space = false;
            _text.Append(c);
        }
    }

    /// <summary>Puts a space before the next text.</summary>
    public void Break() => _space = true;

    /// <summary>Removes everything after an earlier length.</summary>
    public void Truncate(int length)
    {
        _text.Length = length;
        _space = true;
    }

    /// <summary>The text; the collector is empty afterwards.</summary>
    public string Take()
    {
        var text = _text.ToString();
        _text.Clear();
        _space = false;
        return text;
    }
}
