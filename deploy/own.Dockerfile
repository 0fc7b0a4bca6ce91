# The files of its user's own that a config names, on top of the image of all steps: `millrace image` builds it of these
# files and no others. Whether an image brings those that a pipeline was compiled with is known by their digest.
ARG IMAGE
FROM ${IMAGE}
COPY . .
ARG OWN
ENV MILLRACE_OWN=${OWN}
