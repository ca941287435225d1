# Builds with nothing but this folder and the package registry:
#   docker build -t switchhook .
#   docker run -p 8084:8084 -v ./conf:/etc/switchhook:ro switchhook
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# Nothing in the image installs packages or becomes somebody else. Neither a shell nor npm is needed to run.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
    && install -d -o 1000 -g 1000 -m 0750 /var/lib/switchhook
# In a container the loopback address reaches nobody outside of it. These win over the file; set them to narrow it.
# SWITCHHOOK_HTTP__HOST=0.0.0.0 opens the HTTP server likewise: health checks, and the API, which then wants tokens.
ENV NODE_ENV=production \
    SWITCHHOOK_LISTEN__HOST=0.0.0.0 \
    SWITCHHOOK_CONFIG=/etc/switchhook/switchhook.yaml
WORKDIR /app
COPY --from=dependencies /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE NOTICE docs/sbom.spdx.json ./
COPY dialplan ./dialplan
# The default; mount your own folder over it.
COPY conf /etc/switchhook
# Comes with the image, as `node`: may write nothing here, so the root file system can be read-only. What the daemon is
# to write (records, the outbox of callbacks) goes to a volume at /var/lib/switchhook, which belongs to this user.
# By number, so that an orchestrator can see that it is not root.
USER 1000:1000
# Drains: takes no more calls and lets the running ones end. Give the stop more time than limits.drain_timeout_ms.
STOPSIGNAL SIGTERM
EXPOSE 8084 8085
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
    CMD ["node", "/app/dist/cli/main.js", "health"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["serve"]
