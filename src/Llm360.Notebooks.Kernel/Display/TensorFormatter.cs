// Tensors: shape, type, statistics, numbers and a small heat map.
using System.Globalization;
using System.Net;
using System.Text;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Kernel.Display;

internal static class TensorFormatter
{
    private const int Rows = 24;
    private const int Columns = 48;

    // Viridis, the sequential scale of the kit's figures: nine colours, linear between them.
    private static readonly int[] Scale = [0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725];

    public static MimeBundle? TryFormat(object value)
    {
        if (value is not Tensor tensor)
            return null;
        if (tensor.IsInvalid)
            return MimeBundle.PlainText("a tensor that is disposed");
        using var scope = NewDisposeScope();
        var (shape, type) = (string.Join(", ", tensor.shape), tensor.dtype.ToString().ToLowerInvariant());
        var head = string.Create(CultureInfo.InvariantCulture, $"tensor [{shape}], {type}, {tensor.device}");
        if (tensor.numel() == 0 || tensor.dtype is ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64)
            return MimeBundle.PlainText(head);
        using var noGradient = no_grad();
        var numbers = tensor.detach().to(float64).cpu();
        if (tensor.numel() == 1)
            return MimeBundle.PlainText($"{head}: {Number(numbers.item<double>())}");
        var statistics = Statistics(numbers);
        var block = Numbers(numbers, tensor.is_floating_point());
        var pre = block is null ? "" : $"<pre>{WebUtility.HtmlEncode(block)}</pre>";
        var html = $"<div><code>{WebUtility.HtmlEncode(head)}</code><br>{WebUtility.HtmlEncode(statistics)}{pre}{HeatMap(numbers)}</div>";
        return MimeBundle.Html(html, block is null ? $"{head}\n{statistics}" : $"{head}\n{statistics}\n{block}");
    }

    private static string Statistics(Tensor numbers)
    {
        var finite = numbers[isfinite(numbers)];
        var others = numbers.numel() - finite.numel();
        if (finite.numel() == 0)
            return "no finite value";
        var spread = finite.numel() > 1 ? finite.std().item<double>() : 0;
        var mean = finite.mean().item<double>();
        var (low, high) = (finite.min().item<double>(), finite.max().item<double>());
        var text = $"mean {Number(mean)}, standard deviation {Number(spread)}, from {Number(low)} to {Number(high)}";
        return others == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text}; {others:N0} not finite");
    }

    /// <summary>The first and last numbers of each dimension; null for a tensor with too many
    /// dimensions.</summary>
    private static string? Numbers(Tensor numbers, bool isFloating)
    {
        if (NumberBlock.Of(numbers.shape) is not { } block)
            return null;
        var part = numbers;
        foreach (var (dimension, indexes) in block.Indexes.Index())
        {
            if (indexes.Length < part.shape[dimension])
                part = part.index_select(dimension, tensor(indexes));
        }

        var texts = part.contiguous().data<double>().ToArray()
            .Select(number => isFloating ? NumberBlock.Text(number) : number.ToString("0", CultureInfo.InvariantCulture));
        return block.Write([.. texts]);
    }

    /// <summary>The first rows and columns of the last two dimensions, at index 0 of the
    /// others.</summary>
    private static string HeatMap(Tensor numbers)
    {
        var matrix = numbers;
        while (matrix.dim() > 2)
            matrix = matrix[0];
        if (matrix.dim() == 1)
            matrix = matrix.unsqueeze(0);
        var (rows, columns) = ((int)Math.Min(matrix.shape[0], Rows), (int)Math.Min(matrix.shape[1], Columns));
        var values = matrix.narrow(0, 0, rows).narrow(1, 0, columns).contiguous().data<double>().ToArray();
        var finite = values.Where(double.IsFinite).ToList();
        if (finite.Count == 0)
            return "";
        var (low, high) = (finite.Min(), finite.Max());
        var svg = new StringBuilder();
        var label = string.Create(
            CultureInfo.InvariantCulture,
            $"heat map of the first {rows} rows and {columns} columns, dark {Number(low)}, bright {Number(high)}");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<br><svg role=\"img\" aria-label=\"{label}\" width=\"{columns * 8}\" height=\"{rows * 8}\">");
        for (var i = 0; i < values.Length; i++)
        {
            var colour = double.IsFinite(values[i]) ? Colour(high > low ? (values[i] - low) / (high - low) : 0) : "#d55e00";
            var (row, column) = (i / columns, i % columns);
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{column * 8}\" y=\"{row * 8}\" ")
                .Append(CultureInfo.InvariantCulture, $"width=\"8\" height=\"8\" fill=\"{colour}\">")
                .Append(CultureInfo.InvariantCulture, $"<title>[{row}, {column}] {Number(values[i])}</title></rect>");
        }

        var isWhole = rows == matrix.shape[0] && columns == matrix.shape[1] && numbers.dim() <= 2;
        var part = isWhole ? "" : $"the first {rows} × {columns} of {matrix.shape[0]} × {matrix.shape[1]}; ";
        svg.Append(CultureInfo.InvariantCulture, $"</svg><br><small>{part}dark {Number(low)}, bright {Number(high)}</small>");
        return svg.ToString();
    }

    private static string Colour(double share)
    {
        var place = Math.Min(share * (Scale.Length - 1), Scale.Length - 1.001);
        var (below, above, between) = (Scale[(int)place], Scale[(int)place + 1], place % 1);
        int Channel(int shift) => (int)Math.Round(((below >> shift & 255) * (1 - between)) + ((above >> shift & 255) * between));
        return $"#{Channel(16):x2}{Channel(8):x2}{Channel(0):x2}";
    }

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
